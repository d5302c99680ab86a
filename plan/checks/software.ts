import { parseImage } from "../../components/kit/images.ts";
import type { Plan } from "../plan.ts";
import { allContainers, runningContainers } from "../pods.ts";
import type { ContainerData } from "../pods.ts";
import { inventoryOf } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at, record, records, text, texts } from "../../components/kit/unknown.ts";

/** An image that a container runs, or passes on to pods that it creates. */
export interface UsedImage {
  readonly pod: Pod;
  readonly container: string;
  /** The reference as written in the manifest. */
  readonly image: string;
  /** The upstream repository: without registry and without the stack's mirror. */
  readonly repository: string;
  readonly registry: string;
  readonly tag?: string;
  /** The numbers at the start of the tag. */
  readonly version?: Version;
  /** Whether the container runs the image itself. */
  readonly run: boolean;
  /** Whether the container runs to its end: it serves nothing. */
  readonly ends: boolean;
}

/** A version's numbers, such as [17, 6]. */
export type Version = readonly number[];

/** A program with images from several publishers. */
export type Software = keyof typeof repositories;

// The end of the upstream repository. Other publishers' builds of the same program have the same versions.
const repositories = {
  PostgreSQL: /(^|\/)(postgres|postgresql|postgresql-repmgr)$/,
  MongoDB: /(^|\/)(mongo|mongodb|mongodb-community-server|mongodb-enterprise-server|percona-server-mongodb)$/,
  Elasticsearch: /(^|\/)elasticsearch(-oss)?$/,
  OpenSearch: /(^|\/)opensearch$/,
  Graylog: /(^|\/)graylog(-enterprise)?$/,
  midPoint: /(^|\/)midpoint$/,
  Confluence: /(^|\/)confluence$/,
  "Confluence Server": /(^|\/)confluence-server$/,
  Conduit: /(^|\/)(matrix-conduit|conduit)$/,
  tuwunel: /(^|\/)tuwunel$/,
  Keycloak: /(^|\/)(keycloak|keycloakx)$/,
  "keycloak-config-cli": /(^|\/)keycloak-config-cli$/,
  Kong: /(^|\/)(kong|kong-gateway)$/,
  "ingress-nginx": /(^|\/)ingress-nginx\/controller$/,
  "cert-manager": /(^|\/)cert-manager-controller$/,
  Traefik: /(^|\/)traefik$/,
  Grafana: /(^|\/)grafana$/,
  MinIO: /(^|\/)minio(-server)?$/,
  "nfs-subdir-external-provisioner": /(^|\/)nfs-subdir-external-provisioner$/,
  "Bitnami's legacy images": /(^|\/)bitnamilegacy\//,
  "Bitnami's former images": /(^|\/)bitnami\//,
} as const satisfies Record<string, RegExp>;

/** Whether an image contains a program. */
export function brings({ repository }: Pick<UsedImage, "repository">, software: Software): boolean {
  return repositories[software].test(repository);
}

const images = new WeakMap<Plan, readonly UsedImage[]>();

/** Every image of a plan's pods, including those in arguments and variables for pods that are created later. */
export function imagesOf(plan: Plan): readonly UsedImage[] {
  const known = images.get(plan);
  if (known !== undefined) return known;
  const tags = tagsOf(plan);
  const found = inventoryOf(plan).pods.flatMap((pod) =>
    allContainers(pod).flatMap((container) => {
      const ends = pod.once || !runningContainers(pod.spec).includes(container);
      const used = (image: string, run: boolean) => ({
        ...usedImage(pod, container.name, image, plan, tags),
        run,
        ends,
      });
      const words = [...texts(container["command"]), ...texts(container["args"])];
      const handedOn = [
        ...words.flatMap((word, index) => {
          const [flag, image] = word.split("=", 2);
          return /^--[\w-]*image$/.test(flag ?? "") ? (image ?? words[index + 1] ?? []) : [];
        }),
        ...variables(plan, pod, container).flatMap(([name, value]) =>
          /(^|_)IMAGE(_NAME)?$|^RELATED_IMAGE_/.test(name) && value.includes("/") ? [value] : [],
        ),
      ];
      return [
        ...(container.image === undefined || container.image === "" ? [] : [used(container.image, true)]),
        ...handedOn.map((image) => used(image, false)),
      ];
    }),
  );
  images.set(plan, found);
  return found;
}

/** The variables of a container whose values the plan has: its own, and those of ConfigMaps. */
function variables(plan: Plan, { namespace }: Pod, container: ContainerData): [name: string, value: string][] {
  const { get } = inventoryOf(plan);
  const dataOf = (map: unknown) => record(get("ConfigMap", namespace, text(at(map, "name")) ?? "")?.manifest["data"]);
  const all: [unknown, unknown][] = [
    ...records(container["envFrom"]).flatMap(({ configMapRef }) => Object.entries(dataOf(configMapRef))),
    ...container.env.map(({ name, value, valueFrom }): [unknown, unknown] => {
      const reference = at(valueFrom, "configMapKeyRef");
      return [name, value ?? dataOf(reference)[text(at(reference, "key")) ?? ""]];
    }),
  ];
  return all.map(([name, value]) => [text(name) ?? "", text(value) ?? ""]);
}

/** The tags of the lock by digest: some charts leave out the tag of an image that has a digest. */
function tagsOf({ settings: { imageDigests } }: Plan): ReadonlyMap<string, string> {
  return new Map(Object.entries(imageDigests).map(([name, digest]) => [digest, parseImage(name).tag ?? ""]));
}

/** The numbers at the start of a tag; undefined if it does not start with a number. */
export function versionOf(tag: string | undefined): Version | undefined {
  const digits = /^v?([0-9]+(?:\.[0-9]+)*)/.exec(tag ?? "")?.[1];
  return digits?.split(".").map(Number);
}

/** Orders versions number by number; a version is equal to every longer one that starts with it. */
export function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A version in the usual notation. */
export function formatVersion(version: Version): string {
  return version.join(".");
}

function usedImage(
  pod: Pod,
  container: string,
  image: string,
  {
    settings: {
      images: { mirror },
    },
  }: Plan,
  tags: ReadonlyMap<string, string>,
): Omit<UsedImage, "run" | "ends"> {
  const own = mirror !== undefined && image.startsWith(`${mirror}/`);
  const { registry, repository, digest, tag = tags.get(digest ?? "") } = parseImage(image);
  const upstream = own ? parseImage(image.slice(mirror.length + 1)).repository : repository;
  const version = versionOf(tag);
  return {
    pod,
    container,
    image,
    registry,
    repository: own ? upstream.replace(/^library\//, "") : upstream,
    tag,
    version,
  };
}
