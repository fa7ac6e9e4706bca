/** Where text goes. */
export interface Sink {
  write(text: string): void;
}

/** Everything of the outside world that a command may touch. */
export interface Io {
  stdout: Sink;
  stderr: Sink;
  /** Standard output is a terminal. */
  readonly isTTY: boolean;
  /** Of the terminal; may change while a command runs. */
  readonly columns: number;
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  cwd: string;
  sleep(ms: number): Promise<void>;
  fetch: typeof fetch;
  /** The same, signing with the caller's AWS credentials; absent where nothing can sign. */
  signingFetch?(): Promise<typeof fetch>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back on every Ctrl-C or SIGTERM, which then no longer end the process by themselves. */
  onStopSignal(callback: () => void): void;
  /** Shows an address in the browser of whoever sits here; false where there is none. */
  openInBrowser(url: string): Promise<boolean>;
  /** Ends the process at once. */
  exitNow(code: number): void;
}

/** What the commands that need no conductor need of the platform; loaded when it is used. */
export interface LocalPlatform {
  up(options: UpOptions): Promise<RunningConductor>;
  manifestJsonSchema(): Promise<object>;
  /** Gives the service's name. @throws ManifestInvalidError with everything that is wrong. */
  validateManifest(source: Record<string, unknown>): Promise<string>;
  /** Compares green with blue as a watch window does. */
  judge(question: JudgeQuestion): Promise<Judgement>;
}

/** How often something failed between two looks. */
export interface JudgedCount {
  errors: number;
  requests: number;
}

/** What is known of blue: a number for each look, null where it is missing. */
interface JudgedBaseline<Look> {
  before: (Look | null)[];
  /** At the same looks as green. */
  concurrent?: (Look | null)[];
  /** The same hour on earlier days. */
  earlier?: (Look | null)[][];
}

/** How a metric is to be judged. */
export interface JudgeTerms {
  tolerance: { ratio: number } | { absolute: number };
  direction: 'increase' | 'decrease' | 'either';
  /** Beyond the tolerance, in the metric's unit. */
  minEffect: number;
  /** Samples only rise, and what they add is compared. */
  counter: boolean;
}

/** A metric of both sides. */
export type JudgedMetric = { name: string } & (
  | { kind: 'value'; baseline: JudgedBaseline<number>; candidate: (number | null)[] }
  | { kind: 'rate'; baseline: JudgedBaseline<JudgedCount>; candidate: (JudgedCount | null)[] }
);

/** What the judge is asked. */
export interface JudgeQuestion {
  metrics: (JudgedMetric & JudgeTerms)[];
  /** Of the whole window. */
  plannedLooks: number;
}

/** What it says of one metric, or of all together. */
export interface Verdict {
  verdict: 'healthy-so-far' | 'breach' | 'not-enough-data';
  /** The look of the breach, from 0. */
  at: number | null;
  reason: string;
}

/** What it says. */
export interface Judgement extends Verdict {
  metrics: (Verdict & { name: string; evidence: object })[];
}

/** How `verdigris up` starts a conductor. */
export interface UpOptions {
  /** Absolute path of a `verdigris.yml`. */
  configPath: string;
  /** Where the console notifier writes. */
  write(line: string): void;
}

/** A conductor that runs in this process. */
export interface RunningConductor {
  /** Of the HTTP API. */
  url: string;
  /** Of the same. */
  token: string;
  /** Address per service that has a port. */
  services: Record<string, string>;
  close(): Promise<void>;
}
