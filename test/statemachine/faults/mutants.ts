/** A safeguard that is switched off, by a change of the source text. */
export interface Mutant {
  name: string;
  /** What is missing then, in words. */
  without: string;
  /** From the project's root. */
  file: string;
  /** Found exactly once in the file, and what stands there instead. */
  from: string;
  to: string;
  /** The same safeguard where it stands a second time. */
  also?: Pick<Mutant, 'file' | 'from' | 'to'>[];
}

/** Every safeguard that the harness has to miss when it is gone. */
export const mutants: readonly Mutant[] = [
  {
    name: 'no-on-execution-ended',
    without: 'the end of an execution is not told; only the sweep finds what is stranded',
    file: 'lib/engine/embedded.ts',
    from: 'await insist(entry, name, () => deps.onEnded(ended));',
    to: '',
  },
  {
    name: 'retire-without-a-look',
    without: 'retire does not look at the route',
    file: 'lib/steps/retire.ts',
    from: 'await throwIfRouted(input, ports);',
    to: '',
  },
  {
    name: 'rollback-needs-the-ledger',
    without: 'a rollback fails when the ledger gives no answer',
    file: 'lib/steps/rollback/fence.ts',
    from: "if (isNamed(error, 'ReleaseInProgressError', 'ReleaseStateError')) throw error;",
    to: 'throw error;',
  },
  {
    name: 'token-after-the-look',
    without: 'the task token is stored after the look at breaches, without another look',
    file: 'lib/steps/watch-window.ts',
    from: 'if (breach) {',
    to: 'if (breach && breach.by === null) {',
  },
  {
    name: 'breach-between-tokens-forgotten',
    without: 'no step looks whether a breach was recorded',
    file: 'lib/steps/breach.ts',
    from: 'if (breach) throw errorOf(breach, document);',
    to: '',
  },
  {
    name: 'breach-does-not-push',
    without: 'a breach does not fail the token that waits for it',
    file: 'lib/steps/breach.ts',
    from: 'await failWaitingTask(document, first, ports);',
    to: '',
  },
  {
    name: 'late-token-hides',
    without: 'a token that is stored late takes the place of the one that waits',
    file: 'lib/ledger/turns.ts',
    from: "typeof stored === 'string' && turn < stored",
    to: "typeof stored === 'string' && turn < ''",
  },
  {
    name: 'no-epoch-on-the-end',
    without: 'who decided under an older epoch may still end a release',
    file: 'test/support/fakes/ledger.ts',
    from: 'if (ending.document.epoch < before.document.epoch) return { record: before, isNew: false };',
    to: '',
  },
  {
    name: 'no-lease',
    without: 'a rollback does not wait until earlier changes have lost their lease',
    file: 'lib/steps/rollback/restore.ts',
    from: 'return router.facts.isConditional ? { ...document, step: done } : waitForLease(document, ports);',
    to: 'return { ...document, step: router ? done : waitForLease(document, ports).step };',
  },
  {
    name: 'no-own-lease',
    without: 'a rollback does not wait for its own earlier writes, where nobody can refuse them',
    file: 'lib/steps/rollback/restore.ts',
    from: 'const leased = withOwnLease(document, router, lease.deadlineMs);',
    to: 'const leased = document;',
  },
  {
    name: 'no-fencing',
    without: 'a rollback does not raise the epoch, so that earlier steps may go on',
    file: 'lib/steps/rollback/fence.ts',
    from: 'ports.ledger.raiseEpoch(document.service, document.releaseId)',
    to: 'ports.ledger.acquireLock(document.service, document.releaseId)',
  },
  {
    name: 'rollback-to-a-gone-blue',
    without: 'a rollback of an ended release does not ask whether blue is still there',
    file: 'lib/steps/rollback/restore.ts',
    from: 'await isBlueGone(seen, ports)',
    to: 'false',
  },
  {
    name: 'no-look-at-the-route',
    without: 'a shift overwrites what somebody else changed',
    file: 'lib/steps/cutover.ts',
    from: 'throwIfUnexpected(route, document);',
    to: '',
  },
  {
    name: 'checks-do-not-count',
    without: 'a critical check that failed does not stop a release',
    file: 'lib/steps/validate.ts',
    from: 'throwIfCriticalFailed(checks);',
    to: '',
    also: [
      {
        file: 'lib/steps/cutover.ts',
        from: 'check.isCritical && !passed.has(check.name)',
        to: 'check.isCritical && passed.size < 0',
      },
    ],
  },
  {
    name: 'no-lock',
    without: 'a release is admitted whoever holds the lock',
    file: 'test/support/fakes/ledger.ts',
    from: 'if (holder && holder.releaseId !== releaseId) {',
    to: 'if (holder && holder.releaseId !== releaseId && holder.epoch < 0) {',
  },
  {
    name: 'alarms-not-settled',
    without: 'nobody looks before the first shift whether an alarm fires already',
    file: 'lib/steps/cutover.ts',
    from: 'const settled = isFirst ? await settleFiringAlarms(prepared, ports) : prepared;',
    to: 'const settled = isFirst ? prepared : await settleFiringAlarms(prepared, ports);',
  },
  {
    name: 'complete-without-a-look',
    without: 'a release completes without a last look at its alarms',
    file: 'lib/steps/complete.ts',
    from: 'if (alarm) await failBy(document, alarmBreach(alarm, ports), ports);',
    to: 'if (alarm === null) await failBy(document, alarmBreach(alarm, ports), ports);',
  },
  {
    name: 'blind-discard',
    without: 'green is discarded without a look at the route',
    file: 'lib/steps/discard.ts',
    from: 'await throwIfRouted(document, green, ports);',
    to: '',
  },
  {
    name: 'foreign-traffic-overwritten',
    without: 'a rollback takes traffic from a side that is neither blue nor green',
    file: 'lib/steps/rollback/restore.ts',
    from: 'throwIfForeign(route, document);',
    to: '',
  },
  {
    name: 'stale-document-rolled-back',
    without: 'a rollback of a stranded release goes by what was found before it had the lock',
    file: 'lib/steps/operations/rollback-release.ts',
    from: '{ ...newest, epoch, breach: first,',
    to: '{ ...found.document, epoch, breach: first, plan: newest && found.document.plan,',
  },
  {
    name: 'decision-not-told',
    without: "a person's word whose answer was lost gets no event when the release ends",
    file: 'lib/steps/ending.ts',
    from: 'await tellDecisions(document, ports);',
    to: '',
  },
  {
    name: 'breach-not-told',
    without: 'a release ends without telling of its breach',
    file: 'lib/steps/ending.ts',
    from: 'await tellBreach(document, ports);',
    to: '',
  },
  {
    name: 'late-admission',
    without: 'an admission that comes late goes by what is live by then',
    file: 'lib/steps/admit.ts',
    from: 'if (earlier) return { ...earlier, step: done };',
    to: '',
  },
  {
    name: 'preparation-not-outwaited',
    without: 'a shift does not wait until a preparation that may be late has lost its lease',
    file: 'lib/steps/readiness.ts',
    from: 'if (!router.prepare || router.facts.isConditional)',
    to: 'if (router)',
  },
  {
    name: 'lock-freed-while-detaching',
    without: 'a retirement frees the lock although its change of the route may still come',
    file: 'lib/steps/retire.ts',
    from: 'isKept = detachUntil !== undefined;',
    to: '',
  },
  {
    name: 'green-too-small',
    without: 'traffic does not wait until green has what it needs for all of it',
    file: 'lib/steps/readiness.ts',
    from: 'if (size) return waitFor(begun, size, ports);',
    to: '',
  },
  {
    name: 'late-document',
    without: 'a document that is saved late takes the place of a later one',
    file: 'test/support/fakes/ledger.ts',
    from: 'return document.phaseSince < stored.phaseSince;',
    to: 'return document.phaseSince < stored.phaseSince && document.epoch < 0;',
  },
  {
    name: 'rollback-leaves-no-word',
    without: 'a rollback that is stopped leaves no word that green had traffic',
    file: 'lib/steps/rollback/restore.ts',
    from: 'if (isNews) await ask(() => ports.ledger.saveDocument(seen));',
    to: '',
  },
];
