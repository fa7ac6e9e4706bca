import { tokenHandler } from '../lib/platform/step-handler.ts';
import { watchWindow } from '../lib/steps/watch-window.ts';

/** State WatchWindow: stores the token that an alarm fails. */
export const handler = tokenHandler(watchWindow);
