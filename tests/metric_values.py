"""The metrics of this process, as Prometheus reads them."""

from dealtrace.metrics import write_metrics


def metric_value(name: str) -> float:
    """Return the value of a metric, with its labels as in `name{label="value"}`; 0 if it was never counted."""
    lines = write_metrics()[0].decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name)
