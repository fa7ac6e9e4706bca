import { alarmHandler } from '../lib/platform/triggers.ts';
import { recordAlarm } from '../lib/steps/operations/record-alarm.ts';

/** An alarm changed its state: tells the releases that watch it. */
export const handler = alarmHandler(recordAlarm);
