/**
 * The label of pods that make backups: what they read, `volumes` for those that prepare the reading of a claim, or
 * `sizes` for those that record what backups have.
 */
export function backupLabels(kind: "postgresql" | "mongodb" | "files" | "volumes" | "sizes"): Record<string, string> {
  return { "groundplan/backup": kind };
}
