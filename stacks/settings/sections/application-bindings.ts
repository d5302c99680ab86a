import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { variableName } from "./application.ts";
import { client } from "./keycloak.ts";
import { database } from "./postgresql.ts";

const restarts = "Restarts the pods.";

/** What the platform makes for an application: secrets, databases, buckets, clients. */
export function bindingKeys() {
  return {
    generated: key(z.array(generated()).default([]), {
      is: "Secrets that the stack generates, such as the key of sessions.",
      changing: restarts,
      accepts: "a list of secrets",
    }),
    databases: key(
      z
        .array(
          database()
            .omit({ namespace: true })
            .extend({
              connections: key(z.number().int().min(1).max(1000).default(10), {
                is: "Maximum number of connections of each pod, for the connection budget of the plan. Configure the application's pool accordingly.",
                unit: "connections",
                changing: "Affects plans only.",
              }),
              environment: variables({
                host: ["the server's host name", "PGHOST"],
                port: ["its port", "PGPORT"],
                database: ["the name of the database", "PGDATABASE"],
                username: ["the role", "PGUSER"],
                password: ["the password", "PGPASSWORD"],
              }),
            }),
        )
        .default([]),
      {
        is: "Databases on the platform's PostgreSQL. By default, the variables are those of libpq.",
        changing: "Removing one keeps the database and its role on the server.",
        accepts: "a list of databases",
      },
    ),
    buckets: key(
      z
        .array(
          z.strictObject({
            name: key(formats.name(), {
              is: "The name of the bucket, after `buckets.prefix`.",
              changing: "Uses another bucket. Existing objects stay in the old one.",
            }),
            environment: variables({
              endpoint: ["the URL of the service", "AWS_ENDPOINT_URL_S3"],
              region: ["its region", "AWS_REGION"],
              bucket: ["the name of the bucket", "S3_BUCKET"],
              accessKey: ["the access key, unless `buckets.roleArn` is set", "AWS_ACCESS_KEY_ID"],
              secretKey: ["the secret key, unless `buckets.roleArn` is set", "AWS_SECRET_ACCESS_KEY"],
            }),
          }),
        )
        .default([]),
      {
        is: "Buckets of the object store. By default, the variables are those of AWS' SDKs.",
        changing: "Removing one keeps the bucket.",
        accepts: "a list of buckets",
      },
    ),
    clients: key(
      z
        .array(
          client()
            .omit({ namespace: true })
            .extend({
              redirectPaths: key(z.array(formats.absolutePath()).default([]), {
                is: "Paths that a login may return to, at each of the application's hosts.",
                changing: "Updates the client.",
                accepts: 'a list of paths, such as ["/callback"]',
              }),
              environment: variables({
                clientId: ["the client ID", "OIDC_CLIENT_ID"],
                clientSecret: ["the client's secret, unless it is public", "OIDC_CLIENT_SECRET"],
                issuer: ["the issuer", "OIDC_ISSUER"],
                discoveryUrl: ["the URL of the endpoints inside the cluster", "OIDC_DISCOVERY_URL"],
              }),
            }),
        )
        .default([]),
      {
        is: "Clients of the platform's Keycloak, for applications that log in users or check tokens themselves. For a login in front of the application, set `hosts[].login`.",
        changing: "Removing one deletes the client in the realm.",
        accepts: "a list of clients",
      },
    ),
  };
}

/** An input for the application's own logs. */
export function logKeys() {
  return {
    logs: key(
      z
        .strictObject({
          input: key(formats.plainText(200, "Processing Logs"), {
            is: "The title of the input: one of `logging.graylog.inputs`.",
            changing: restarts,
          }),
          environment: variables({
            host: ["the host name of the input", "LOG_HOST"],
            port: ["its port", "LOG_PORT"],
          }),
        })
        .optional(),
      {
        is: "An input of Graylog that the application sends its own logs to.",
        unset: "The log collector reads the output of the containers.",
      },
    ),
  };
}

/** Names by what they hold, each with a default. */
function variables<Fact extends string>(facts: Readonly<Record<Fact, readonly [is: string, name: string]>>) {
  const shape = Object.fromEntries(
    Object.entries<readonly [string, string]>(facts).map(([fact, [is, name]]) => [
      fact,
      key(variableName().default(name), { is: `The variable with ${is}.`, changing: restarts }),
    ]),
  ) as Record<Fact, z.ZodDefault<ReturnType<typeof variableName>>>;
  return key(z.strictObject(shape).prefault({} as never), { is: "The names of the environment variables." });
}

function generated() {
  return z.strictObject({
    name: key(
      formats.formed(/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/, "a name of at most 30 characters", "session-key", 30),
      {
        is: "The name: the rotation number is `rotation.APPLICATION-NAME`.",
        changing: "Generates another value.",
      },
    ),
    variable: key(variableName(), { is: "The variable with the value.", changing: restarts }),
    length: key(z.number().int().min(16).max(128).default(50), {
      is: "Number of letters and digits.",
      unit: "characters",
      changing: "Generates another value.",
    }),
  });
}
