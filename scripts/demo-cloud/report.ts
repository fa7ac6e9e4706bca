import type { DemoReport } from '../demo/report.ts';

/** The whole demo in the emulated cloud, as `--json` prints it. */
export interface CloudDemoReport extends DemoReport {
  /** Executions of the release machine by version; each version's event came three times. */
  executions: Record<string, number>;
  /** What AWS gives and the emulator does not. */
  skippedGuarantees: readonly string[];
}
