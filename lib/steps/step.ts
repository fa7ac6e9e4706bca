import type { ReleaseDocument } from '../release/document.ts';
import type { Ports, StepCall } from './ports.ts';

/**
 * An idempotent advance: does as much as it can in a few seconds and returns the document with a
 * status. Calling it twice in a row, or twice at once, has the effect of calling it once.
 */
export type Step = (
  document: ReleaseDocument,
  ports: Ports,
  call: StepCall,
) => Promise<ReleaseDocument>;

/**
 * Stores a task token where whoever is meant to answer finds it. The state machine then waits for
 * that answer, not for this call.
 */
export type TokenStep = (document: ReleaseDocument, token: string, ports: Ports) => Promise<void>;
