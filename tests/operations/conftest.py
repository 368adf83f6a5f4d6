"""Every statement that runs here is audited: it must run on a cluster too."""

from auditor import audited as audited
