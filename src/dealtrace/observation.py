"""The earlier home of log and metrics, by which `app` and `worker` still name them."""

from dealtrace.log import Outage as Outage
from dealtrace.log import RetryLog as RetryLog
from dealtrace.log import cause_of as cause_of
from dealtrace.log import plain_method as plain_method
from dealtrace.log import plain_path as plain_path
from dealtrace.log import request_ids as request_ids
from dealtrace.log import start_logging as start_logging
from dealtrace.metrics import ALERT_LOOKS as ALERT_LOOKS
from dealtrace.metrics import ALERTS_WAITING as ALERTS_WAITING
from dealtrace.metrics import FAILING as FAILING
from dealtrace.metrics import MAIL_ATTEMPTS as MAIL_ATTEMPTS
from dealtrace.metrics import MAILS_WAITING as MAILS_WAITING
from dealtrace.metrics import PAUSED as PAUSED
from dealtrace.metrics import WAITING as WAITING
from dealtrace.metrics import observe_attempt as observe_attempt
from dealtrace.metrics import observe_commit as observe_commit
from dealtrace.open_files import connections_that_fit as connections_that_fit
from dealtrace.open_files import count_open_files as count_open_files
