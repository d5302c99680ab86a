import { awsDrivers } from "../../components/kit/eks.ts";
import { parseBytes } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import { at, text, textAt, textMap, whole } from "../../components/kit/unknown.ts";
import type { Charge } from "./aws-charges.ts";
import type { Priced } from "./priced.ts";

/** What is in the price of a gp3 volume (EBS, "General Purpose SSD volumes"). */
const included = { iops: 3000, throughput: 125 } as const;

/** What the volumes of a stack's claims cost. */
export interface Volumes {
  readonly charges: readonly Charge[];
  /** What the price sheet does not know. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
}

interface Class {
  readonly driver: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The volumes of EBS that the claims of a stack's pods ask for. Files in EFS are charged by use, whatever claims ask for. */
export function volumesOf({ podGroups, resources }: Priced): Volumes {
  const { classes, usual } = classesOf(resources);
  const charges: Charge[] = [];
  const [unknown, elsewhere] = [new Set<string>(), new Set<string>()];
  for (const { claims = [], kind, replicas } of podGroups) {
    if (kind === "Job") continue;
    for (const { size, storageClass } of claims) {
      const name = storageClass ?? usual ?? "the default class";
      const found = classes.get(name);
      if (found?.driver === awsDrivers.files) continue;
      if (found?.driver !== awsDrivers.volumes) elsewhere.add(name);
      else if (!isGp3(found)) unknown.add(`volumes of the class ${name}`);
      else charges.push(...volume(found, (parseBytes(size) / 2 ** 30) * replicas, replicas));
    }
  }
  return {
    charges,
    unknown: [...unknown].sort(compare),
    notes: [...elsewhere]
      .sort(compare)
      .map((name) => `Volumes of ${name} are not counted: they are not of EBS or EFS, as far as the plan knows`),
  };
}

function classesOf(resources: Priced["resources"]): { classes: ReadonlyMap<string, Class>; usual?: string } {
  const found = resources
    .filter(({ type }) => type === "kubernetes:storage.k8s.io/v1:StorageClass")
    .map(({ inputs }) => ({
      name: textAt(inputs, "metadata", "name") ?? "",
      usual: at(inputs, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class") === "true",
      driver: text(inputs["provisioner"]) ?? "",
      parameters: textMap(inputs["parameters"]),
    }));
  return {
    classes: new Map(found.map(({ driver, name, parameters }) => [name, { driver, parameters }])),
    usual: found.find(({ usual }) => usual)?.name,
  };
}

/** Whether the price of a class' volumes follows from its parameters (aws-ebs-csi-driver, docs/parameters.md). */
function isGp3({ parameters }: Class): boolean {
  return (parameters["type"] ?? "gp3") === "gp3" && parameters["iopsPerGB"] === undefined;
}

function volume({ parameters }: Class, gib: number, volumes: number): Charge[] {
  const above = (key: keyof typeof included) => Math.max(0, (whole(parameters[key]) ?? 0) - included[key]) * volumes;
  return [
    { name: "volumes, GiB of gp3", item: "gp3", number: gib },
    { name: "volumes, IOPS above 3,000", item: "gp3-iops", number: above("iops") },
    { name: "volumes, MiB/s above 125", item: "gp3-throughput", number: above("throughput") },
  ];
}
