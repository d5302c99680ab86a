// PromQL about CronJobs, from kube-state-metrics. Each result has the labels `namespace` and `cronjob`; `matcher` is a list of label matchers.

const succeeded = "kube_cronjob_status_last_successful_time";

/** Seconds since the last success. */
export function sinceSuccess(matcher: string): string {
  return `time() - max by (namespace, cronjob) (${succeeded}{${matcher}})`;
}

/** A CronJob that has existed for some time, and has never succeeded. */
export function neverSucceeded(matcher: string, seconds: number): string {
  return `time() - max by (namespace, cronjob) (kube_cronjob_created{${matcher}}) > ${seconds} unless max by (namespace, cronjob) (${succeeded}{${matcher}})`;
}

/** The last run that was started has ended, and not with success. */
export function lastRunFailed(matcher: string): string {
  return `max by (namespace, cronjob) (kube_cronjob_status_last_schedule_time{${matcher}}) > (max by (namespace, cronjob) (${succeeded}{${matcher}}) or 0 * max by (namespace, cronjob) (kube_cronjob_created{${matcher}})) and max by (namespace, cronjob) (kube_cronjob_status_active{${matcher}}) == 0`;
}
