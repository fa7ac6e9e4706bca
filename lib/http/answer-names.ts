/** Shapes of answers that the OpenAPI document has a schema for. */
export const answerNames = [
  'Services',
  'Manifest',
  'ManifestSchema',
  'StoredManifest',
  'Validation',
  'Diagnosis',
  'Repair',
  'ReleaseStatus',
  'Releases',
  'Review',
  'ReleaseMetrics',
  'Approval',
  'Freezes',
  'Freeze',
  'Unfreeze',
  'Tokens',
  'Token',
  'CreatedToken',
  'Session',
] as const;
export type AnswerName = (typeof answerNames)[number];
