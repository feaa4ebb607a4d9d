"""training/tune.py: the trial that is stopped at once would have come out last."""

from training import tune as script


def test_the_rate_that_is_stopped_would_have_been_the_worst(monkeypatch):
    accuracies = {}
    for rate in script.RATES:
        reports = accuracies[rate] = []
        monkeypatch.setattr(script.tune, "report", reports.append)
        script.train_network({"rate": rate})
    last = {rate: reports[-1]["accuracy"] for rate, reports in accuracies.items()}
    assert min(last, key=last.get) == 0.0001
    assert max(last.values()) > 0.9
