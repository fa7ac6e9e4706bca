import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import type { KindSchema } from '../release/manifest.ts';
import type { LocalAlarms } from './local-alarms/alarms.ts';
import { type AlarmDefinition, alarmSchema } from './local-alarms/definition.ts';
import type { Signal } from './signal.ts';

/** `signals: { kind: local-alarms, alarms: {…} }` of a manifest. */
export const localAlarmsSchema = z.strictObject({
  kind: z.literal('local-alarms'),
  alarms: z
    .record(z.string().min(1).max(128), alarmSchema)
    .describe("Alarms over the service's traffic on this machine, by name"),
});

/** The kind, for the manifest. */
export const localAlarmsKind: KindSchema = { kind: 'local-alarms', schema: localAlarmsSchema };

/**
 * The alarms that a signals part defines, as `LocalAlarms.define` takes them.
 * @throws ZodError when `config` is not valid against {@link localAlarmsSchema}.
 */
export function alarmDefinitions(config: AdapterConfig): Record<string, AlarmDefinition> {
  return localAlarmsSchema.parse(config).alarms;
}

/**
 * The alarms of one service. Defines them where nobody has yet, so that a release that goes on after
 * a restart finds them; a newer manifest's definitions are left alone.
 * @throws ZodError when `config` is not valid against {@link localAlarmsSchema}.
 */
export function createLocalAlarmSignal(
  config: AdapterConfig,
  service: string,
  alarms: LocalAlarms,
): Signal {
  const definitions = alarmDefinitions(config);
  if (!alarms.hasAlarms(service)) alarms.define(service, definitions);
  return {
    firing: async (names) => alarms.firing(service, names),
    // What is defined here is evaluated in this very process, which tells itself.
    examine: async (names) =>
      names.map((name) => {
        const exists = alarms.names(service).includes(name);
        return { name, exists, hasAction: exists ? true : null };
      }),
  };
}
