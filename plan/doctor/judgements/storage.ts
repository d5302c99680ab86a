import { answered, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";

const area = "storage";

/** Annotations of the default class, current and from before Kubernetes 1.6. */
const defaultMarks = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

type Asked = Pick<Needs, "classes" | "volumes" | "kubectl" | "stack">;

/** Whether every claim has a storage class, and every class has its driver. */
export function judgeStorage(
  classes: Answer<readonly Live[]>,
  drivers: Answer<readonly Live[]>,
  volumes: Answer<readonly Live[]>,
  needs: Asked,
): readonly Diagnosis[] {
  const diagnoses = answered(classes)
    ? [...judgeExisting(classes.got, needs), ...judgeMade(classes.got, needs), ...judgeDefault(classes.got, needs)]
    : [notKnown("storage-classes", area, "the storage classes", classes.why)];
  return [...diagnoses, ...judgeDrivers(drivers, needs), ...judgeVolumes(volumes, needs)];
}

function judgeExisting(present: readonly Live[], { classes, kubectl }: Asked): Diagnosis[] {
  const check = "storage-classes";
  const missing = classes.existing.filter((name) => !present.some(({ metadata }) => metadata.name === name));
  if (missing.length === 0)
    return classes.existing.length === 0
      ? []
      : [{ check, area, level: "ok", found: `the cluster has ${listed(classes.existing)}` }];
  const there = present.map(({ metadata }) => metadata.name);
  return [
    {
      check,
      area,
      level: "fail",
      found: `the cluster has no storage class ${listed(missing)}${there.length === 0 ? "" : `; it has ${listed(there)}`}`,
      needed: "each class that the settings name",
      fix: "correct groundplan:storage, or set a provisioner so that the stack creates the class",
      commands: [`${kubectl} get storageclasses`],
    },
  ];
}

/** A class of the stack that already exists: Pulumi does not adopt existing objects. */
function judgeMade(present: readonly Live[], { classes, stack }: Asked): Diagnosis[] {
  const taken = classes.made.filter(({ name }) =>
    present.some(({ metadata }) => metadata.name === name && metadata.labels?.["groundplan/stack"] !== stack),
  );
  return taken.map(({ name }) => ({
    check: "storage-classes",
    area,
    level: "fail",
    found: `the storage class ${name} already exists and is not from this stack`,
    needed: "another name, or `existing: true`",
    fix: `set \`existing: true\` for ${name} in groundplan:storage.classes`,
  }));
}

function judgeDefault(present: readonly Live[], { classes, kubectl, stack }: Asked): Diagnosis[] {
  const check = "default-storage-class";
  const defaults = present.filter(({ metadata }) =>
    defaultMarks.some((mark) => metadata.annotations?.[mark] === "true"),
  );
  const made = classes.made.find((one) => one.default);
  const others = defaults.filter(
    ({ metadata }) => metadata.name !== made?.name && metadata.labels?.["groundplan/stack"] !== stack,
  );
  const names = others.map(({ metadata }) => metadata.name);
  if (made !== undefined && names.length > 0) {
    return [
      {
        check,
        area,
        level: "warn",
        found: `${listed(names)} is the default class, but the stack makes ${made.name} the default too`,
        needed: "one default class: with two, claims use the newer one",
        fix: "remove the annotation from the other",
        commands: names.map((name) => `${kubectl} annotate storageclass ${name} ${defaultMarks[0]}-`),
      },
    ];
  }
  if (!classes.usesDefault || made !== undefined) return [];
  const [first, ...more] = names.length > 0 ? names : defaults.map(({ metadata }) => metadata.name);
  if (first !== undefined) {
    const several = more.length > 0 ? `, and also ${listed(more)}: claims use the newest` : "";
    const level = more.length > 0 ? "warn" : "ok";
    return [{ check, area, level, found: `${first} is the default class${several}` }];
  }
  const candidate = present[0]?.metadata.name ?? "NAME";
  return [
    {
      check,
      area,
      level: "fail",
      found: "the cluster has no default storage class, but claims of this stack use the default",
      needed: "a default class, or a class for each role in groundplan:storage.roles",
      fix: "mark one as the default",
      commands: [`${kubectl} annotate storageclass ${candidate} ${defaultMarks[0]}=true`],
    },
  ];
}

function judgeDrivers(drivers: Answer<readonly Live[]>, { classes, volumes }: Asked): Diagnosis[] {
  const check = "storage-drivers";
  // Provisioners without a dot and in-tree provisioners (kubernetes.io/…) are not CSI drivers.
  const wanted = [...classes.made.map(({ provisioner }) => provisioner), ...volumes.map(({ driver = "" }) => driver)];
  const names = [...new Set(wanted.filter((name) => name.includes(".csi") || name.includes("csi.")))].sort();
  if (names.length === 0) return [];
  if (!answered(drivers)) return [notKnown(check, area, `the drivers ${listed(names)}`, drivers.why)];
  const missing = names.filter((name) => !drivers.got.some(({ metadata }) => metadata.name === name));
  if (missing.length === 0) return [{ check, area, level: "ok", found: `the cluster has the driver ${listed(names)}` }];
  return [
    {
      check,
      area,
      level: "fail",
      found: `the cluster has no CSI driver ${listed(missing)}`,
      needed: "the driver: otherwise claims stay pending",
      fix: "install the driver of your storage system; see its documentation",
    },
  ];
}

/** A released volume keeps the old claim's UID and cannot be bound to a new claim. */
function judgeVolumes(present: Answer<readonly Live[]>, { volumes, kubectl, stack }: Asked): Diagnosis[] {
  const check = "volumes";
  if (volumes.length === 0) return [];
  if (!answered(present)) return [notKnown(check, area, "the volumes", present.why)];
  return present.got.flatMap(({ metadata, status }): Diagnosis[] => {
    if (!volumes.some(({ name }) => name === metadata.name)) return [];
    const { phase } = (status ?? {}) as { phase?: string };
    if (metadata.labels?.["groundplan/stack"] !== stack) {
      return [
        {
          check,
          area,
          level: "fail",
          found: `the volume ${metadata.name} already exists and is not from this stack`,
          needed: "another name in groundplan:storage.volumes, for the same handle or path",
        },
      ];
    }
    if (phase !== "Released") return [];
    return [
      {
        check,
        area,
        level: "warn",
        found: `the volume ${metadata.name} is released: it belongs to a deleted claim`,
        fix: "allow it to be bound to a new claim of that name",
        commands: [
          `${kubectl} patch pv ${metadata.name} --type=json -p '[{"op":"remove","path":"/spec/claimRef/uid"},{"op":"remove","path":"/spec/claimRef/resourceVersion"}]'`,
        ],
      },
    ];
  });
}
