import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const restarts = "Restarts the pods.";

/** The name of an environment variable (Kubernetes, EnvVar, `name`; POSIX, "Environment Variable Definition"). */
export const variableName = () =>
  formats.formed(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "the name of a variable: letters, digits and '_'", "LOG_LEVEL", 128);

/** The name of a container's port (RFC 6335, section 5.1: at most 15 characters). */
export const portNameFormat = () =>
  formats.formed(
    /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/,
    "a name with lower-case letters, digits and '-', at most 15 characters",
    "http",
    15,
  );

const path = () =>
  formats.formed(
    /^(\/[A-Za-z0-9][A-Za-z0-9._-]*|\/\.[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/,
    'an absolute path of letters, digits, ".", "_" and "-", such as "/etc/wiki/wiki.yaml"',
    "/etc/wiki/wiki.yaml",
    200,
  );

/** Text of a file or a variable. */
const lines = (max: number) => {
  const accepts = `a string of at most ${max} characters`;
  return z
    .string({ error: accepts })
    .max(max, { error: accepts })
    .meta({ examples: ["info"] });
};

/** An absolute path in a container. */
export const containerPath = path;

/** What every container has. */
export function taskKeys() {
  return {
    command: key(z.array(lines(10_000)).min(1).optional(), {
      is: "The program and its first arguments, instead of the image's entry point.",
      unset: "The image's entry point runs.",
      changing: restarts,
      accepts: "a list of strings",
    }),
    args: key(z.array(lines(10_000)).min(1).optional(), {
      is: "Arguments of the program.",
      unset: "The image's own arguments are used.",
      changing: restarts,
      accepts: "a list of strings",
    }),
    environment: key(z.record(variableName(), lines(10_000)).default({}), {
      is: "Environment variables in plaintext. `$(NAME)` is replaced with another variable of the container, also one of a database, a bucket or a client; `$$(NAME)` is not replaced.",
      changing: restarts,
      accepts: "an object of strings by variable",
    }),
    secretEnvironment: key(
      z
        .record(
          variableName(),
          key(formats.secretName(), {
            is: "The secret with the variable's value.",
            changing: restarts,
            secret: true,
          }),
        )
        .default({}),
      {
        is: "Environment variables from secrets: the NAME of `secrets:NAME` by variable.",
        changing: restarts,
        accepts: "an object of names of secrets by variable",
      },
    ),
    writable: key(z.array(path()).default([]), {
      is: "Paths that the container can write to, each an empty directory that is lost with the pod. Containers of a pod with the same path share it. The rest of the container is read-only.",
      changing: restarts,
      accepts: 'a list of paths, such as ["/tmp"]',
    }),
  };
}

/** Requests and limits, which every container must have. */
export function requiredResources() {
  return z.strictObject({
    cpu: key(formats.cpu(), { is: "CPU request.", unit: "cores", changing: restarts }),
    memory: key(formats.bytes(), { is: "Memory request.", changing: restarts }),
    memoryLimit: key(formats.bytes(), {
      is: "Memory limit, above which the container is killed. At least `memory`.",
      changing: restarts,
    }),
  });
}

/** What a container that serves has in addition. */
export function serverKeys() {
  return {
    image: key(formats.image(), { is: "The image, with its registry and an exact tag.", changing: restarts }),
    ...taskKeys(),
    ports: key(z.record(portNameFormat(), formats.port()).default({}), {
      is: "Ports that the container listens at, by name. The first is the default of hosts and probes.",
      unset: "The container has no port, and its probes are commands.",
      changing: restarts,
      accepts: "an object of ports by name, such as { http: 8080 }",
    }),
    probes: key(
      z.strictObject({
        readiness: key(probe(), { is: "Whether the container can serve requests. Until then it gets none." }),
        liveness: key(probe(), { is: "Whether the container works. If it fails, the container is restarted." }),
        startup: key(probe().optional(), {
          is: "Whether the container has started. The other probes wait for it.",
          unset: "The other probes begin at once.",
        }),
      }),
      { is: "How Kubernetes sees whether the container works." },
    ),
    resources: key(requiredResources(), { is: "Requests and limits of the container." }),
    files: key(z.array(file()).default([]), {
      is: "Files in the container, read-only. A changed file restarts the pods.",
      changing: restarts,
      accepts: "a list of files",
    }),
  };
}

function probe() {
  return z.strictObject({
    http: key(formats.formed(/^\/[^\s]*$/, 'a path, such as "/health"', "/health").optional(), {
      is: "The path of an HTTP request, which succeeds with a status from 200 to 399.",
      unset: "A connection to the port is enough.",
      changing: restarts,
    }),
    exec: key(z.array(lines(10_000)).min(1).optional(), {
      is: "A command in the container, which succeeds with the exit code 0. For containers without a port.",
      unset: "The port is probed.",
      changing: restarts,
      accepts: "a list of strings",
    }),
    port: key(portNameFormat().optional(), {
      is: "The name of the port.",
      unset: "The first port of the container is probed.",
      changing: restarts,
    }),
    period: key(formats.duration().default("10s"), { is: "Time between two probes.", changing: restarts }),
    timeout: key(formats.duration().default("2s"), { is: "Maximum time of a probe.", changing: restarts }),
    failures: key(z.number().int().min(1).max(1000).default(3), {
      is: "Failed probes in a row after which the container counts as failed.",
      unit: "probes",
      changing: restarts,
    }),
  });
}

function file() {
  return z.strictObject({
    path: key(path(), { is: "The path of the file.", changing: restarts }),
    content: key(lines(500_000).optional(), {
      is: "The text of the file.",
      unset: "The text of `contentSecret` is used.",
      changing: restarts,
    }),
    contentSecret: key(formats.secretName().optional(), {
      is: "The secret with the text of the file.",
      unset: "The text of `content` is used.",
      changing: restarts,
      secret: true,
    }),
  });
}
