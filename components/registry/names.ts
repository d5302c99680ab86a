/** The CronJob that renews the login. */
export const renewal = "ecr-login";

/** The Secret with the login, in every namespace. A static login has another name, so that either can replace the other. */
export const ecrSecret = "aws-registry";
