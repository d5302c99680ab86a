import { answered, listed, notKnown } from "../finding.ts";
import type { Answer, Finding } from "../finding.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";

const area = "storage";

/** Marks of the default class, of now and of before Kubernetes 1.6. */
const defaultMarks = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

type Asked = Pick<Needs, "classes" | "volumes" | "kubectl" | "stack">;

/** Whether every claim finds a storage class, and every class its driver. */
export function judgeStorage(
  classes: Answer<readonly Live[]>,
  drivers: Answer<readonly Live[]>,
  volumes: Answer<readonly Live[]>,
  needs: Asked,
): readonly Finding[] {
  const findings = answered(classes)
    ? [...judgeExisting(classes.got, needs), ...judgeMade(classes.got, needs), ...judgeDefault(classes.got, needs)]
    : [notKnown("storage-classes", area, "the storage classes", classes.why)];
  return [...findings, ...judgeDrivers(drivers, needs), ...judgeVolumes(volumes, needs)];
}

function judgeExisting(present: readonly Live[], { classes, kubectl }: Asked): Finding[] {
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
      fix: "correct groundplan:storage, or let the stack make the class: name its provisioner",
      commands: [`${kubectl} get storageclasses`],
    },
  ];
}

/** A class that the stack is to make and that exists: Pulumi does not take over what exists. */
function judgeMade(present: readonly Live[], { classes, stack }: Asked): Finding[] {
  const taken = classes.made.filter(({ name }) =>
    present.some(({ metadata }) => metadata.name === name && metadata.labels?.["groundplan/stack"] !== stack),
  );
  return taken.map(({ name }) => ({
    check: "storage-classes",
    area,
    level: "fail",
    found: `the storage class ${name} exists already, and this stack did not make it`,
    needed: "a class of another name, or one that is said to exist",
    fix: `say \`existing: true\` for ${name} in groundplan:storage.classes`,
  }));
}

function judgeDefault(present: readonly Live[], { classes, kubectl, stack }: Asked): Finding[] {
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
        found: `${listed(names)} is the default class, and ${made.name} is to be one too`,
        needed: "one default: of two, claims take the newer",
        fix: "take the mark from the other",
        commands: names.map((name) => `${kubectl} annotate storageclass ${name} ${defaultMarks[0]}-`),
      },
    ];
  }
  if (!classes.usesDefault || made !== undefined) return [];
  const [first, ...more] = names.length > 0 ? names : defaults.map(({ metadata }) => metadata.name);
  if (first !== undefined) {
    const several = more.length > 0 ? `, and so are ${listed(more)}: claims take the newest` : "";
    const level = more.length > 0 ? "warn" : "ok";
    return [{ check, area, level, found: `${first} is the default class${several}` }];
  }
  const candidate = present[0]?.metadata.name ?? "NAME";
  return [
    {
      check,
      area,
      level: "fail",
      found: "the cluster has no default storage class, and claims of this stack name none",
      needed: "a default class, or a class for each role in groundplan:storage.roles",
      fix: "mark one as the default",
      commands: [`${kubectl} annotate storageclass ${candidate} ${defaultMarks[0]}=true`],
    },
  ];
}

function judgeDrivers(drivers: Answer<readonly Live[]>, { classes, volumes }: Asked): Finding[] {
  const check = "storage-drivers";
  // Provisioners without a dot and those of Kubernetes' own tree (kubernetes.io/…) are no CSI drivers.
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
      needed: "it, or claims stay pending",
      fix: "install the driver of your storage system; its documentation says how",
    },
  ];
}

/** A volume that was released keeps the old claim's identity and binds no new one. */
function judgeVolumes(present: Answer<readonly Live[]>, { volumes, kubectl, stack }: Asked): Finding[] {
  const check = "volumes";
  if (volumes.length === 0) return [];
  if (!answered(present)) return [notKnown(check, area, "the volumes", present.why)];
  return present.got.flatMap(({ metadata, status }): Finding[] => {
    if (!volumes.some(({ name }) => name === metadata.name)) return [];
    const { phase } = (status ?? {}) as { phase?: string };
    if (metadata.labels?.["groundplan/stack"] !== stack) {
      return [
        {
          check,
          area,
          level: "fail",
          found: `the volume ${metadata.name} exists already, and this stack did not make it`,
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
        found: `the volume ${metadata.name} was released, and waits for the claim that is gone`,
        fix: "let it take a new claim of that name",
        commands: [
          `${kubectl} patch pv ${metadata.name} --type=json -p '[{"op":"remove","path":"/spec/claimRef/uid"},{"op":"remove","path":"/spec/claimRef/resourceVersion"}]'`,
        ],
      },
    ];
  });
}
