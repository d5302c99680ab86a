/** The label of pods that make backups: what they read, or `volumes` for those that prepare the reading of a claim. */
export function backupLabels(kind: "postgresql" | "mongodb" | "files" | "volumes"): Record<string, string> {
  return { "groundplan/backup": kind };
}
