"""The store against a model: whatever is tried in whatever order, both agree."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.conversation.store import ConversationStore
from assistant.errors import AssistantError

AGENTS = st.sampled_from(["ann", "bo"])


class HandoffMachine(RuleBasedStateMachine):
    def __init__(self, service: ConversationService, desk: HandoffDesk) -> None:
        super().__init__()
        self.desk, self.service = desk, service
        self.conversation_id = service.start().conversation_id
        self.status, self.holder, self.handoff_id = "bot", None, None

    def teardown(self) -> None:
        if self.status != "closed":
            self.desk.close(self.conversation_id)

    def attempt(self, call, *arguments) -> bool:
        try:
            call(*arguments)
        except AssistantError:
            return False
        return True

    @rule()
    def ask(self) -> None:
        if self.attempt(self.desk.request, self.conversation_id):
            assert self.status != "closed"
            if self.status == "bot":
                self.status = "waiting_for_agent"
                (handoff,) = self.desk.queue("waiting")
                self.handoff_id = handoff.id
        else:
            assert self.status == "closed"

    @rule(agent=AGENTS)
    def claim(self, agent: str) -> None:
        if self.handoff_id is None:
            return
        done = self.attempt(self.desk.claim, self.handoff_id, agent)
        assert done == (self.status == "waiting_for_agent")
        if done:
            self.status, self.holder = "with_agent", agent

    @rule(agent=AGENTS)
    def message(self, agent: str) -> None:
        if self.handoff_id is None:
            return
        done = self.attempt(self.desk.message, self.handoff_id, agent, "hi")
        assert done == (self.status == "with_agent" and self.holder == agent)

    @rule(agent=AGENTS, resolves=st.booleans())
    def end(self, agent: str, resolves: bool) -> None:
        if self.handoff_id is None:
            return
        call = self.desk.resolve if resolves else self.desk.give_back
        done = self.attempt(call, self.handoff_id, agent)
        assert done == (self.status == "with_agent" and self.holder == agent)
        if done:
            self.status, self.holder = ("closed" if resolves else "bot"), None

    @rule()
    def shopper_writes(self) -> None:
        try:
            turn = self.service.send(self.conversation_id, "hello")
        except AssistantError:
            assert self.status == "closed"
        else:
            assert turn.status == self.status
            assert turn.reply or self.status != "bot"
            assert not (turn.reply and self.status == "with_agent")

    @invariant()
    def store_agrees(self) -> None:
        transcript = self.service.transcript(self.conversation_id)
        assert transcript.conversation.status == self.status
        assert [m.seq for m in transcript.messages] == list(
            range(1, transcript.conversation.last_seq + 1)
        )
        waiting, claimed = self.desk.queue("waiting"), self.desk.queue("claimed")
        assert len(waiting) == (self.status == "waiting_for_agent")
        assert [h.agent for h in claimed] == ([self.holder] if self.holder else [])


def test_the_store_agrees_with_the_model(sqlite, engine):
    service = ConversationService(ConversationStore(sqlite), engine)
    run_state_machine_as_test(
        lambda: HandoffMachine(service, HandoffDesk(sqlite)),
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
