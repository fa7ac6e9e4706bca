import { prepareBrowser } from '../../../scripts/browser/chromium.ts';

/** Fetches a Chromium before the first test where there is none, as `npm test` does. */
export default function setUp(): void {
  prepareBrowser();
}
