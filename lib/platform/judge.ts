/** The judge for looking back at past releases, without a conductor. */
export { judgeRelease as judge } from '../signals/judge/judge-release.ts';
