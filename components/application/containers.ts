import { portName } from "../kit/application.ts";
import type {
  ApplicationFile,
  ApplicationProbe,
  ApplicationServer,
  ApplicationSpec,
  ApplicationStep,
  ApplicationTask,
} from "../kit/application.ts";
import type { Mount, Pod, Probe, Server, Task, Volume } from "../kit/pod.ts";
import { parseDuration } from "../kit/quantities.ts";
import type { Resources, Size } from "../kit/resources.ts";
import type { Keyed } from "../kit/secret.ts";
import type { Environment } from "./variables.ts";

/** What the containers of an application share. */
export interface Shared {
  /** The variables of its bindings. */
  readonly bindings: Environment;
  /** The user's secrets that it names, by name. */
  readonly secrets?: Keyed;
  /** The files without secrets. */
  readonly files?: Keyed;
}

/** The folder in which a container's files are keys of one ConfigMap. */
export function fileKey(container: string, path: string): string {
  // `_` is doubled apart from `/`, so that two paths never share a key.
  return `${container}.${path.slice(1).replaceAll("_", "_-").replaceAll("/", "__")}`;
}

/** The files without secrets of all containers, by key. */
export function fileContents(application: ApplicationSpec): Record<string, string> {
  const of = (container: string, files: readonly ApplicationFile[]) =>
    files.flatMap(({ content, path }) => (content === undefined ? [] : [[fileKey(container, path), content] as const]));
  return Object.fromEntries([
    ...of(application.name, application.files),
    ...application.sidecars.flatMap(({ files, name }) => of(name, files)),
  ]);
}

/** The names of the user's secrets that an application uses, each once. */
export function secretNames(application: ApplicationSpec): string[] {
  const { init, schedules, sidecars } = application;
  const tasks: readonly ApplicationTask[] = [application, ...sidecars, ...init, ...schedules];
  const files = [application, ...sidecars].flatMap((one) => one.files.map(({ contentSecret }) => contentSecret));
  const named = [...tasks.flatMap(({ secretEnvironment }) => Object.values(secretEnvironment)), ...files];
  return [...new Set(named.filter((name) => name !== undefined))].sort();
}

/** The pods that serve. */
export function applicationPod(application: ApplicationSpec, shared: Shared): Pod<Server> {
  const { gracePeriod, init, name, placement, runAs, sidecars, volumes } = application;
  const mounts = { ...fileMounts(name, application.files), ...volumeMounts(application, volumes) };
  const main: Server = {
    ...server({ ...application, name }, shared, mounts),
    env: { ...shared.bindings, ...variables(application, shared) },
  };
  return {
    runAs,
    placement,
    priority: "applications",
    terminationGracePeriodSeconds: parseDuration(gracePeriod),
    volumes: podVolumes(application, volumes, shared),
    init: init.map((one) => step(application, one, shared, mounts)),
    containers: [main, ...sidecars.map((one) => server(one, shared, fileMounts(one.name, one.files)))],
  };
}

/** The pod of a run on a schedule. It mounts only volumes that pods of several nodes can mount. */
export function schedulePod(application: ApplicationSpec, schedule: ApplicationStep, shared: Shared): Pod<Task> {
  const { name, placement, runAs } = application;
  const volumes = application.volumes.filter(({ role }) => role === "shared");
  const mounts = { ...fileMounts(name, application.files), ...volumeMounts(application, volumes) };
  return {
    runAs,
    placement,
    priority: "applications",
    volumes: podVolumes(application, volumes, shared),
    containers: [step(application, schedule, shared, mounts)],
  };
}

function server(
  container: ApplicationServer & { readonly name: string },
  shared: Shared,
  mounts: Readonly<Record<string, Mount>>,
): Server {
  const { args, command, image, name, ports, probes, writable } = container;
  const first = portName({ ports, sidecars: [] });
  return {
    name,
    image,
    command,
    args,
    env: variables(container, shared),
    mounts,
    writable,
    resources: bounds(container.resources),
    ports,
    probes: {
      readiness: probe(probes.readiness, first),
      liveness: probe(probes.liveness, first),
      startup: probes.startup && probe(probes.startup, first),
    },
  };
}

/** A step has the variables of the application, and its own. */
function step(
  application: ApplicationSpec,
  { args, command, image = application.image, name, resources = application.resources, ...own }: ApplicationStep,
  shared: Shared,
  mounts: Readonly<Record<string, Mount>>,
): Task {
  return {
    name,
    image,
    command,
    args,
    env: { ...shared.bindings, ...variables(application, shared), ...variables(own, shared) },
    mounts,
    writable: [...new Set([...application.writable, ...own.writable])],
    resources: bounds(resources),
  };
}

function variables(
  { environment, secretEnvironment }: Pick<ApplicationTask, "environment" | "secretEnvironment">,
  { secrets }: Shared,
): Environment {
  const held = Object.entries(secretEnvironment).map(([name, key]) => [name, { secret: present(secrets), key }]);
  return { ...environment, ...(Object.fromEntries(held) as Environment) };
}

function bounds({ cpu, memory, memoryLimit }: Size): Resources {
  return { requests: { cpu, memory }, limits: { memory: memoryLimit } };
}

function probe({ exec, failures, http, period, port, timeout }: ApplicationProbe, first: string): Probe {
  const at = port ?? first;
  return {
    check: exec !== undefined ? { exec } : http !== undefined ? { http, port: at } : { tcp: at },
    periodSeconds: parseDuration(period),
    timeoutSeconds: parseDuration(timeout),
    failureThreshold: failures,
  };
}

const filesVolume = "files";
const secretsVolume = "secret-files";

/** Each file is mounted alone, so that the image's own files of its folder stay. */
function fileMounts(container: string, files: readonly ApplicationFile[]): Record<string, Mount> {
  return Object.fromEntries(
    files.map(({ contentSecret, path }) => [
      path,
      contentSecret === undefined
        ? { volume: filesVolume, subPath: fileKey(container, path), readOnly: true }
        : { volume: secretsVolume, subPath: contentSecret, readOnly: true },
    ]),
  );
}

const volumeName = ({ volumes }: ApplicationSpec, claim: string) =>
  `volume-${volumes.findIndex((one) => one.claim === claim)}`;

function volumeMounts(application: ApplicationSpec, volumes: ApplicationSpec["volumes"]): Record<string, Mount> {
  return Object.fromEntries(volumes.map(({ claim, path }) => [path, { volume: volumeName(application, claim) }]));
}

function podVolumes(
  application: ApplicationSpec,
  volumes: ApplicationSpec["volumes"],
  { files, secrets }: Shared,
): Record<string, Volume> {
  const secretFiles = [application, ...application.sidecars].some((one) =>
    one.files.some(({ contentSecret }) => contentSecret !== undefined),
  );
  return {
    ...Object.fromEntries(volumes.map(({ claim }) => [volumeName(application, claim), { claim }])),
    ...(files === undefined ? {} : { [filesVolume]: { from: files } }),
    ...(secretFiles ? { [secretsVolume]: { from: present(secrets) } } : {}),
  };
}

function present(secrets: Keyed | undefined): Keyed {
  if (secrets === undefined) throw new TypeError("an application that names secrets has a Secret");
  return secrets;
}
