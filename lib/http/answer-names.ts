/** Shapes of answers that the OpenAPI document has a schema for. */
export const answerNames = [
  'Services',
  'Manifest',
  'ManifestSchema',
  'Diagnosis',
  'Repair',
  'ReleaseStatus',
  'Releases',
  'Approval',
  'Freezes',
  'Freeze',
  'Unfreeze',
  'Tokens',
  'Token',
  'CreatedToken',
] as const;
export type AnswerName = (typeof answerNames)[number];
