import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { type LedgerSubject, reportOf, timeAt, watchOf } from './ledger-samples.ts';

async function reported(ledger: Ledger, name: string) {
  return (await ledger.getReportedAlarms([name]))[0];
}

export function reportedAlarmContract(subject: () => LedgerSubject): void {
  describe('reported alarms', () => {
    it('come back as they were told, as far as they are known', async () => {
      const { ledger, rival } = subject();
      await ledger.putReportedAlarm(reportOf('5xx'));
      await ledger.putReportedAlarm(reportOf('p95', { state: 'ok', source: 'grafana' }));
      await ledger.putReportedAlarm(reportOf('cpu'));
      const found = await rival.getReportedAlarms(['p95', 'unheard', '5xx']);
      expect(found).toHaveLength(2);
      expect(found).toContainEqual(reportOf('5xx'));
      expect(found).toContainEqual(reportOf('p95', { state: 'ok', source: 'grafana' }));
    });

    it('are none for no names, and one for a name that is asked for twice', async () => {
      const { ledger } = subject();
      await ledger.putReportedAlarm(reportOf('5xx'));
      expect(await ledger.getReportedAlarms([])).toEqual([]);
      expect(await ledger.getReportedAlarms(['5xx', '5xx'])).toEqual([reportOf('5xx')]);
    });

    it('are replaced by what is later', async () => {
      const { ledger, rival } = subject();
      const over = reportOf('5xx', { state: 'ok', since: timeAt(20), heardAt: timeAt(21) });
      await ledger.putReportedAlarm(reportOf('5xx'));
      await rival.putReportedAlarm(over);
      expect(await reported(ledger, '5xx')).toEqual(over);
    });

    it('are not replaced by what is earlier, even if it is heard later', async () => {
      const { ledger, rival } = subject();
      const over = reportOf('5xx', { state: 'ok', since: timeAt(20), heardAt: timeAt(21) });
      await ledger.putReportedAlarm(over);
      await rival.putReportedAlarm(reportOf('5xx', { heardAt: timeAt(30) }));
      expect(await reported(ledger, '5xx')).toEqual(over);
    });

    it('are replaced by what is told again of the same moment', async () => {
      const { ledger } = subject();
      const again = reportOf('5xx', { reason: '9 % errors', heardAt: timeAt(40) });
      await ledger.putReportedAlarm(reportOf('5xx'));
      await ledger.putReportedAlarm(again);
      expect(await reported(ledger, '5xx')).toEqual(again);
    });

    it('keep the later of two that are told at once', async () => {
      const { ledger, rival } = subject();
      const over = reportOf('5xx', { state: 'ok', since: timeAt(20) });
      await Promise.all([
        ledger.putReportedAlarm(over),
        rival.putReportedAlarm(reportOf('5xx', { since: timeAt(19) })),
      ]);
      expect(await reported(ledger, '5xx')).toEqual(over);
    });

    it('are compared by their moments, however those are written', async () => {
      const { ledger } = subject();
      const firing = reportOf('5xx', { since: '2026-01-01T12:00:00.5+02:00' });
      const over = reportOf('5xx', { state: 'ok', since: '2026-01-01T10:00:01Z' });
      await ledger.putReportedAlarm(over);
      await ledger.putReportedAlarm(firing);
      expect(await reported(ledger, '5xx')).toEqual(over);
    });

    it.each(['Größe ☂ "5xx" #1:*/$', '', 'ü'.repeat(2000)])(
      'tell the name %j from others',
      async (name) => {
        const { ledger } = subject();
        await ledger.putReportedAlarm(reportOf(name));
        await ledger.putReportedAlarm(reportOf(`${name}!`, { state: 'ok' }));
        expect(await ledger.getReportedAlarms([name])).toEqual([reportOf(name)]);
      },
    );

    it('are found for fifty names at once', async () => {
      const { ledger } = subject();
      const names = Array.from({ length: 50 }, (_, nth) => `alarm-${nth}`);
      for (const name of names) await ledger.putReportedAlarm(reportOf(name));
      const found = await ledger.getReportedAlarms(names);
      expect(found.map(({ name }) => name).sort()).toEqual([...names].sort());
    });

    it('have nothing to do with the watches of an alarm of that name', async () => {
      const { ledger } = subject();
      await ledger.putReportedAlarm(reportOf('5xx'));
      expect(await ledger.watchesOf('5xx')).toEqual([]);
      await ledger.putWatch(watchOf('rel-1', ['5xx']));
      expect(await ledger.watchesOf('5xx')).toEqual([watchOf('rel-1', ['5xx'])]);
      expect(await ledger.getReportedAlarms(['5xx'])).toEqual([reportOf('5xx')]);
    });
  });
}
