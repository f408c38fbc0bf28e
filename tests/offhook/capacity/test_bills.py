import tomllib
from datetime import date
from decimal import Decimal

import pytest

from calls.rate_card import RateCard
from calls.record import Mode
from offhook.capacity.arrivals import busiest_per_s
from offhook.capacity.aws_bill import ALARMS, METRICS, PRICES, SECRETS, PerCall, average_tasks, month, prices, tasks_for
from offhook.capacity.fleet import Size
from offhook.capacity.vendor_bill import per_minute
from tests.dashboards import page
from tests.infra.cloudformation import CHILDREN, ROOT, resources

SIZE = Size(calls_per_task=50, scale_at_percent=40, min_tasks=2, max_tasks=10)
TODAY = date(2026, 11, 22)


def test_tasks_of_an_hour_and_of_a_day() -> None:
    assert tasks_for(10, 180, SIZE) == 2
    assert tasks_for(1400, 180, SIZE) == 4
    assert average_tasks(1000, 180, SIZE) == 2
    assert 2 < average_tasks(10_000, 180, SIZE) < 4


def test_what_suffices_exactly_takes_no_further_task() -> None:
    assert tasks_for(busiest_per_s(100_000) * 3600, 180, SIZE) == 35
    assert tasks_for(busiest_per_s(100_000) * 3600 + 1, 180, SIZE) == 36
    assert tasks_for(1201, 180, SIZE) == 4


def test_each_line_of_a_month_follows_its_price() -> None:
    lines = {
        line.what: line for line in month(1000, 180, 12, SIZE, PerCall(writes_at_ends=20, writes_per_turn=5, reads=0))
    }
    p = prices()
    assert lines["table"].amount == "2,432,000 writes"
    assert lines["table"].usd == pytest.approx(2.432 * p["table-million-writes"])
    assert lines["tasks"].usd == pytest.approx(2 * 730 * (p["fargate-vcpu-hour"] + 2 * p["fargate-gb-hour"]))
    assert lines["traffic out"].usd == pytest.approx(1000 * 30.4 * 180 * 14 / 1e6 * p["traffic-out-gb"])


def test_what_stands_still_is_what_the_templates_have() -> None:
    assert page.most_metrics(1) == METRICS
    names = [str(path.relative_to(ROOT)) for path in (ROOT / "template.yaml", *CHILDREN)]
    count = {
        kind: sum(len(resources(kind, name)) for name in names)
        for kind in ("AWS::CloudWatch::Alarm", "AWS::SecretsManager::Secret")
    }
    assert count == {"AWS::CloudWatch::Alarm": ALARMS - 2, "AWS::SecretsManager::Secret": SECRETS - 1}


def test_every_price_says_whose_word_it_is() -> None:
    table = tomllib.loads(PRICES.read_text("utf-8"))
    entries = [entry for entry in table.values() if isinstance(entry, dict)]
    assert len(entries) == len(prices())
    assert all(entry["evidence"].startswith(("read: ", "recalled")) for entry in entries)


def test_a_minute_in_each_mode() -> None:
    pipeline = per_minute(Mode.PIPELINE, TODAY)
    assert pipeline["twilio"] == Decimal("0.0129")
    assert float(pipeline["deepgram"]) == pytest.approx(0.0065)
    traditional = per_minute(Mode.TRADITIONAL, TODAY)
    assert traditional["twilio"] == Decimal("0.0085") + 4 * Decimal("0.02") + Decimal("4.2") * Decimal("0.0008")
    assert sum(traditional.values()) > sum(pipeline.values())
    assert set(per_minute(Mode.REALTIME, TODAY)) == {"twilio", "openai"}


def test_what_has_no_price_is_never_nothing() -> None:
    with pytest.raises(LookupError, match="twilio inbound-local-US has no price"):
        per_minute(Mode.PIPELINE, TODAY, RateCard(()))
