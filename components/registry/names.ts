/** The CronJob that renews the login. */
export const renewal = "ecr-login";
