"""An unmodified worker and client of Temporal's Python SDK against the address given.

Each step says its name when it has held; any that does not ends the program with its reason.
"""

import asyncio
import os
import sys
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleSpec,
    ScheduleState,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.common import RetryPolicy, WorkflowIDConflictPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TimeoutError as TemporalTimeout,
    WorkflowAlreadyStartedError,
)
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

QUEUE = "journey"
SOON = timedelta(seconds=20)
attempts: dict[str, int] = {}
tokens: asyncio.Queue = asyncio.Queue()


@activity.defn
async def greet(name: str) -> str:
    return f"Hello, {name}"


@activity.defn
async def fails_twice(key: str) -> int:
    attempts[key] = attempts.get(key, 0) + 1
    if attempts[key] < 3:
        raise ApplicationError(f"attempt {attempts[key]}")
    return attempts[key]


@activity.defn
async def fails_for_good() -> None:
    raise ApplicationError("no use", "a detail", type="Hopeless", non_retryable=True)


@activity.defn
async def beats_until_cancelled() -> str:
    while True:
        activity.heartbeat("alive")
        await asyncio.sleep(0.1)


@activity.defn
async def never_beats() -> None:
    await asyncio.sleep(60)


@activity.defn
async def completed_by_another() -> str:
    tokens.put_nowait(activity.info().task_token)
    activity.raise_complete_async()


@workflow.defn
class Greeting:
    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_activity(greet, name, start_to_close_timeout=SOON)


@workflow.defn
class Counter:
    def __init__(self) -> None:
        self.total = 0
        self.done = False

    @workflow.run
    async def run(self, start: int) -> int:
        self.total += start
        await workflow.wait_condition(lambda: self.done)
        return self.total

    @workflow.signal
    def add(self, amount: int) -> None:
        self.total += amount

    @workflow.signal
    def finish(self) -> None:
        self.done = True

    @workflow.query
    def current(self) -> int:
        return self.total

    @workflow.update
    async def raise_by(self, amount: int) -> int:
        await workflow.sleep(0.01)
        self.total += amount
        return self.total

    @raise_by.validator
    def check(self, amount: int) -> None:
        if amount < 0:
            raise ValueError("only upward")


@workflow.defn
class Sleeper:
    @workflow.run
    async def run(self, seconds: float) -> str:
        before = workflow.now()
        await asyncio.sleep(seconds)
        assert workflow.now() - before >= timedelta(seconds=seconds)
        try:
            await workflow.wait_condition(lambda: False, timeout=0.2)
        except asyncio.TimeoutError:
            return "waited"
        return "never"


@workflow.defn
class Failing:
    @workflow.run
    async def run(self, key: str) -> str:
        third = await workflow.execute_activity(
            fails_twice, key, start_to_close_timeout=SOON, retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=50))
        )
        assert third == 3, third
        try:
            await workflow.execute_activity(fails_for_good, start_to_close_timeout=SOON)
        except ActivityError as error:
            assert isinstance(error.cause, ApplicationError) and error.cause.type == "Hopeless", error
        try:
            await workflow.execute_activity(
                never_beats,
                start_to_close_timeout=SOON,
                heartbeat_timeout=timedelta(milliseconds=300),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError as error:
            assert isinstance(error.cause, TemporalTimeout), error
        raise ApplicationError("as planned", type="Planned")


@workflow.defn
class Cancelling:
    def __init__(self) -> None:
        self.activity_ended = False

    @workflow.query
    def has_activity_ended(self) -> bool:
        return self.activity_ended

    @workflow.run
    async def run(self) -> str:
        work = workflow.start_activity(
            beats_until_cancelled,
            start_to_close_timeout=timedelta(seconds=60),
            heartbeat_timeout=timedelta(seconds=2),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        await workflow.sleep(0.3)
        work.cancel()
        try:
            await work
        except ActivityError as error:
            assert isinstance(error.cause, CancelledError), error
        self.activity_ended = True
        await workflow.wait_condition(lambda: False)
        return "never"


@workflow.defn
class Parent:
    @workflow.run
    async def run(self, name: str) -> list[str]:
        greetings = [await workflow.execute_child_workflow(Greeting.run, f"{name} {n}", id=f"{workflow.info().workflow_id}/{n}") for n in range(2)]
        counter = await workflow.start_child_workflow(Counter.run, 1, id=f"{workflow.info().workflow_id}/counter")
        await counter.signal(Counter.add, 41)
        await counter.signal(Counter.finish)
        greetings.append(str(await counter))
        try:
            await workflow.execute_child_workflow(Failing.run, f"{name}-child", id=f"{workflow.info().workflow_id}/failing")
        except ChildWorkflowError as error:
            assert isinstance(error.cause, ApplicationError) and error.cause.type == "Planned", error
        return greetings


@workflow.defn
class Generations:
    def __init__(self) -> None:
        self.heard: list[str] = []

    @workflow.run
    async def run(self, left: int, heard: list[str]) -> list[str]:
        self.heard = heard + self.heard
        await workflow.execute_local_activity(greet, str(left), start_to_close_timeout=SOON)
        await workflow.wait_condition(lambda: len(self.heard) > 2 - left)
        if left:
            workflow.continue_as_new(args=[left - 1, self.heard])
        return self.heard

    @workflow.signal
    def hear(self, word: str) -> None:
        self.heard.append(word)


@workflow.defn
class ByAnother:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(completed_by_another, start_to_close_timeout=SOON)


def name(word: str) -> str:
    return f"{word}-{uuid.uuid4()}"


async def signals_queries_updates(client: Client) -> None:
    handle = await client.start_workflow(Counter.run, 1, id=name("counter"), task_queue=QUEUE)
    await handle.signal(Counter.add, 2)
    assert await handle.query(Counter.current) == 3
    assert await handle.execute_update(Counter.raise_by, 4, id="once") == 7
    assert await handle.execute_update(Counter.raise_by, 4, id="once") == 7, "an update's id is taken once"
    try:
        await handle.execute_update(Counter.raise_by, -1)
        raise AssertionError("a validator was not asked")
    except WorkflowUpdateFailedError as error:
        assert "only upward" in str(error.cause), error.cause
    await handle.signal(Counter.finish)
    assert await handle.result() == 7
    assert await handle.query(Counter.current) == 7, "a closed run is queried"


async def timers(client: Client) -> None:
    assert await client.execute_workflow(Sleeper.run, 0.5, id=name("sleeper"), task_queue=QUEUE) == "waited"


async def failures(client: Client) -> None:
    try:
        await client.execute_workflow(Failing.run, name("key"), id=name("failing"), task_queue=QUEUE)
        raise AssertionError("it must fail")
    except WorkflowFailureError as error:
        assert isinstance(error.cause, ApplicationError) and error.cause.type == "Planned", error.cause


async def cancellation(client: Client) -> None:
    handle = await client.start_workflow(Cancelling.run, id=name("cancelling"), task_queue=QUEUE)
    while not await handle.query(Cancelling.has_activity_ended):
        await asyncio.sleep(0.1)
    await handle.cancel()
    try:
        await handle.result()
        raise AssertionError("it must be cancelled")
    except WorkflowFailureError as error:
        assert isinstance(error.cause, CancelledError), error.cause
    assert (await handle.describe()).status == WorkflowExecutionStatus.CANCELED
    handle = await client.start_workflow(Counter.run, 1, id=name("terminated"), task_queue=QUEUE)
    await handle.terminate("enough")
    assert (await handle.describe()).status == WorkflowExecutionStatus.TERMINATED


async def children(client: Client) -> None:
    found = await client.execute_workflow(Parent.run, "child", id=name("parent"), task_queue=QUEUE)
    assert found == ["Hello, child 0", "Hello, child 1", "42"], found


async def continued_as_new(client: Client) -> None:
    handle = await client.start_workflow(Generations.run, args=[2, []], id=name("generations"), task_queue=QUEUE)
    for word in ["one", "two", "three"]:
        await handle.signal(Generations.hear, word)
    assert await handle.result() == ["one", "two", "three"]


async def async_completion(client: Client) -> None:
    handle = await client.start_workflow(ByAnother.run, id=name("by-another"), task_queue=QUEUE)
    token = await asyncio.wait_for(tokens.get(), 20)
    await client.get_async_activity_handle(task_token=token).complete("done elsewhere")
    assert await handle.result() == "done elsewhere"


async def identity(client: Client) -> None:
    workflow_id = name("unique")
    handle = await client.start_workflow(Counter.run, 1, id=workflow_id, task_queue=QUEUE)
    try:
        await client.start_workflow(Counter.run, 1, id=workflow_id, task_queue=QUEUE)
        raise AssertionError("two of one id")
    except WorkflowAlreadyStartedError:
        pass
    same = await client.start_workflow(
        Counter.run, 1, id=workflow_id, task_queue=QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
    )
    assert same.first_execution_run_id == handle.first_execution_run_id
    started = await client.start_workflow(
        Counter.run, 5, id=name("signalled"), task_queue=QUEUE, start_signal="add", start_signal_args=[1]
    )
    assert await started.query(Counter.current) == 6
    for one in (handle, started):
        await one.signal(Counter.finish)
        await one.result()
    try:
        await client.get_workflow_handle("nobody").signal(Counter.finish)
        raise AssertionError("nobody was signalled")
    except RPCError as error:
        assert error.status == RPCStatusCode.NOT_FOUND, error.status


async def visibility(client: Client) -> None:
    workflow_id = name("listed")
    await client.execute_workflow(Greeting.run, "list", id=workflow_id, task_queue=QUEUE)
    query = f"WorkflowId = '{workflow_id}' AND ExecutionStatus = 'Completed'"
    found = [one.workflow_type async for one in client.list_workflows(query)]
    assert found == ["Greeting"], found
    assert (await client.count_workflows(query)).count == 1
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    assert history.events[-1].HasField("workflow_execution_completed_event_attributes")


async def schedules(client: Client) -> None:
    schedule_id = name("schedule")
    handle = await client.create_schedule(
        schedule_id,
        Schedule(
            action=ScheduleActionStartWorkflow(Greeting.run, "schedule", id=schedule_id, task_queue=QUEUE),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))]),
            state=ScheduleState(note="by a test", paused=True),
        ),
    )
    await handle.trigger()
    for _ in range(100):
        described = await handle.describe()
        if described.info.recent_actions:
            break
        await asyncio.sleep(0.1)
    started = described.info.recent_actions[0].action
    assert await client.get_workflow_handle(started.workflow_id).result() == "Hello, schedule"
    assert described.schedule.state.paused and described.schedule.state.note == "by a test"
    await handle.unpause(note="go on")
    assert not (await handle.describe()).schedule.state.paused
    assert schedule_id in [one.id async for one in await client.list_schedules()]
    await handle.delete()


async def main(address: str) -> None:
    client = await Client.connect(address)
    workflows = [Greeting, Counter, Sleeper, Failing, Cancelling, Parent, Generations, ByAnother]
    activities = [greet, fails_twice, fails_for_good, beats_until_cancelled, never_beats, completed_by_another]
    steps = [
        signals_queries_updates,
        timers,
        failures,
        cancellation,
        children,
        continued_as_new,
        async_completion,
        identity,
        visibility,
        schedules,
    ]
    async with Worker(client, task_queue=QUEUE, workflows=workflows, activities=activities):
        for step in steps:
            await asyncio.wait_for(step(client), 60)
            print(step.__name__, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    # Threads of the SDK's core outlive the worker, and one that hands something to an interpreter that ends
    # crashes it. All is said by now.
    os._exit(0)
