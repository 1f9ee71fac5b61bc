"""Contract tests: their ids, what they find, say, and are expected to find."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rasa_mock.config import ActionConfig, Config
from rasa_mock.errors import UsageError
from rasa_mock.testing.contract import Contract, contract
from rasa_mock.testing.contract_tests import ContractFailed
from rasa_mock.testing.servers import server_in_process

ACTIONS = ("action_price", "action_wrong", "action_refuse", "validate_order_form")


class Bench:
    """A workbench without pytest: what a contract asks of one."""

    def __init__(self, bench):
        self.settings = bench.settings
        self.domain = bench.domain
        self.server = bench.server
        self.opened_server = bench.server
        self.seen = []

    def make_bench(self, settings, *, domain, server):
        from rasa_mock.testing.bench import make_bench

        return make_bench(
            settings, domain=domain, server=server, observers=[self.seen.append]
        )


@pytest.fixture(scope="module")
def workbench(bench):
    return Bench(bench)


@pytest.fixture
def tests(workbench):
    def make(*, actions=ACTIONS, **changed):
        own = workbench.settings
        workbench.settings = replace(own, **changed)
        try:
            bound = Contract(actions=actions).bound(workbench)
        finally:
            workbench.settings = own
        return {test.name: test for test in bound.tests()}

    return make


def test_the_ids_are_readable_and_the_same_for_every_seed(tests):
    names = [*tests(actions=None)]
    assert len(names) == len(set(names))
    assert {
        "action_price[fresh session]",
        "action_price[mid-conversation]",
        "action_price[all calls together]",
        "validate_order_form[form step fruit]",
        "server[agrees with the domain]",
    } <= set(names)
    assert [*tests(actions=None, seed=7)] == names
    assert not [name for name in names if not name.isprintable()]


def test_a_right_action_passes_in_every_state(tests):
    for name, test in tests(actions=["action_price"]).items():
        assert test.check() is None, name


def test_every_call_is_observed(tests, workbench):
    workbench.seen.clear()
    tests()["action_price[fresh session]"].check()
    assert [exchange.action for exchange in workbench.seen] == ["action_price"]


def test_a_failure_has_finding_request_answer_and_reproduction(tests):
    with pytest.raises(ContractFailed) as failed:
        tests()["action_wrong[fresh session]"].check()
    plain = " ".join(str(failed.value).replace("\\\n", "").split())
    for part in (
        "RM205, RM206, RM301 in action_wrong[fresh session]",
        "error RM",
        "where:    /events/1",
        "Rasa:",
        "request:  action_wrong for ",
        "answer:   status 200",
        '"name":"prize"',
        "again:    rasa-mock check --actions PACKAGE --domain ",
        "--action action_wrong --seed 0 --case fresh-1",
        "more:     rasa-mock explain RM",
    ):
        assert " ".join(part.split()) in plain, part
    properties = dict(failed.value.properties)
    assert properties["rasa_action"] == "action_wrong"
    assert properties["rasa_case"] == "fresh session"
    assert properties["rasa_rules"].startswith("RM")
    assert "--case fresh-1" in properties["rasa_again"]


def test_findings_below_the_threshold_pass(tests):
    name = "action_wrong[fresh session]"
    assert tests(fail_on="never")[name].check() is None


def test_what_the_configuration_expects_is_said(tests):
    name = "action_wrong[fresh session]"
    for xfail in ((("action_wrong", ""),), (("", "RM"),), (("action_wrong", "RM"),)):
        expected = tests(xfail=xfail)[name].check()
        assert "expected by the configuration" in expected.reason
    with pytest.raises(ContractFailed):
        tests(xfail=(("action_price", ""), ("", "RM9")))[name].check()
    own = Config(per_action={"action_wrong": ActionConfig(xfail=("RM",))})
    assert tests(project=own)[name].check() is not None


def test_what_the_configuration_skips_is_marked(tests):
    skipped = tests(skip=("action_wrong",))["action_wrong[fresh session]"]
    assert skipped.skip == "the configuration skips it"
    own = ActionConfig(skip=True, reason="needs the shop's till")
    project = Config(per_action={"action_wrong": own})
    found = tests(project=project)
    assert found["action_wrong[fresh session]"].skip == "needs the shop's till"
    assert found["action_price[fresh session]"].skip is None


def test_a_rule_that_is_ignored_for_an_action_is_silent(tests):
    project = Config(per_action={"action_wrong": ActionConfig(ignore=("RM",))})
    assert tests(project=project)["action_wrong[fresh session]"].check() is None


def test_all_calls_together_show_what_no_single_one_does(workbench):
    from rasa_sdk import Action
    from rasa_sdk.events import SlotSet

    class Counts(Action):
        count = 0

        def name(self):
            return "action_price"

        def run(self, dispatcher, tracker, domain):
            Counts.count += 1
            return [SlotSet("price", float(Counts.count))]

    server = server_in_process([Counts])
    bound = Contract(server=server, actions=["action_price"]).bound(workbench)
    found = {test.name: test for test in bound.tests()}
    try:
        assert found["action_price[fresh session]"].check() is None
        with pytest.raises(ContractFailed, match="RM7"):
            found["action_price[all calls together]"].check()
    finally:
        server.close()


def test_the_whole_contract_can_be_checked_at_once(workbench):
    bound = Contract().bound(workbench)
    bound.check("action_price")
    with pytest.raises(ContractFailed, match="error RM") as failed:
        bound.check("action_price", "action_wrong")
    assert "answer:   status 200" in str(failed.value)


def test_what_server_and_domain_say_of_each_other_is_a_test(workbench):
    listed = {"intents": ["greet"], "actions": ["action_price"]}
    bound = Contract(domain=listed, server=workbench.server).bound(workbench)
    tests = {test.name: test for test in bound.tests()}
    with pytest.raises(ContractFailed, match="RM802"):
        tests["server[agrees with the domain]"].check()


def test_an_action_that_the_server_lacks_is_found(workbench):
    from shop_actions import Price

    server = server_in_process([Price])
    try:
        bound = Contract(server=server).bound(workbench)
        tests = {test.name: test for test in bound.tests()}
        with pytest.raises(ContractFailed, match="RM801"):
            tests["action_wrong[fresh session]"].check()
    finally:
        server.close()


def test_a_contract_says_what_it_does_not_take(workbench):
    with pytest.raises(UsageError, match="unknown setting 'sede'"):
        contract(sede=1)
    with pytest.raises(UsageError, match="no action 'action_prize'"):
        [*Contract(actions=["action_prize"]).bound(workbench).tests()]
    empty = {"intents": ["greet"]}
    with pytest.raises(UsageError, match="the domain lists no action"):
        [*Contract(domain=empty).bound(workbench).tests()]
