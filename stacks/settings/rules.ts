import { parseBytes } from "../../components/kit/quantities.ts";
import { chartFilesOf, credentialsOf, everyCredential, fullHost } from "./derive.ts";
import { nearest, shown } from "./problems.ts";
import type { ParsedSettings } from "./schema.ts";

/** What a rule finds: the place in the settings and the rest of a problem. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly severity?: "warning";
  readonly message: string;
  readonly got?: string;
  readonly accepts?: string;
  readonly fix?: string;
}

type Rule = (settings: ParsedSettings) => Finding[];

/** Rules between settings: each a plain function that looks at the whole. */
const rules: Rule[] = [
  storageClasses,
  storageRoles,
  volumes,
  issuers,
  hosts,
  chartSource,
  postgresEngine,
  postgresSizes,
  databases,
  namespaces,
  rotation,
];

/** Everything that the rules find, in the order of the settings. */
export function ruleFindings(settings: ParsedSettings): Finding[] {
  return rules.flatMap((rule) => rule(settings));
}

/** The problem of a folder of charts that lacks some of the charts that a stack needs. */
export function missingCharts(settings: ParsedSettings, present: ReadonlySet<string>): Finding[] {
  const missing = chartFilesOf(settings).filter((file) => !present.has(file));
  if (settings.charts.source !== "folder" || settings.charts.folder === undefined || missing.length === 0) return [];
  return [
    {
      path: ["charts", "folder"],
      message: "the folder lacks charts",
      got: settings.charts.folder,
      accepts: `a folder that holds ${missing.join(", ")}`,
      fix: "helm pull each chart of components/kit/catalogue.ts into it",
    },
  ];
}

function storageClasses({ profile, storage }: ParsedSettings): Finding[] {
  const at = (index: number, ...rest: string[]) => ["storage", "classes", index, ...rest];
  const defaults = storage.classes.flatMap((one, index) => (one.default ? [index] : []));
  return [
    ...repeated(storage.classes, (one) => one.name).map((index) => ({
      path: at(index, "name"),
      message: "this class is listed twice",
      got: shown(storage.classes[index]?.name),
      accepts: "each name once",
    })),
    ...defaults.slice(1).map((index) => ({
      path: at(index, "default"),
      message: "a second default class",
      got: "true",
      accepts: `at most one default; ${storage.classes[defaults[0] ?? 0]?.name} is one`,
      fix: "leave it out here",
    })),
    ...storage.classes.flatMap((one, index): Finding[] => {
      if (one.existing) return [];
      if (one.provisioner === undefined) {
        return [
          {
            path: at(index, "provisioner"),
            message: "is missing",
            accepts: 'a driver\'s name, such as "ebs.csi.aws.com"',
            fix: "name the driver, or say existing: true",
          },
        ];
      }
      if (profile === "prod" && one.reclaimPolicy === "Delete") {
        return [
          {
            path: at(index, "reclaimPolicy"),
            severity: "warning",
            message: "a deleted claim destroys its data",
            got: '"Delete"',
            accepts: '"Retain" keeps it',
            fix: "leave it out: Retain is the default in prod",
          },
        ];
      }
      return [];
    }),
  ];
}

function storageRoles({ storage }: ParsedSettings): Finding[] {
  const names = storage.classes.map((one) => one.name);
  return Object.entries(storage.roles).flatMap(([role, name]) =>
    name === undefined || names.includes(name)
      ? []
      : [unknownName(["storage", "roles", role], "no class of that name", name, names, "storage.classes")],
  );
}

function volumes({ storage }: ParsedSettings): Finding[] {
  const at = (index: number, key: string) => ["storage", "volumes", index, key];
  return [
    ...repeated(storage.volumes, (one) => one.name).map((index) => ({
      path: at(index, "name"),
      message: "this volume is listed twice",
      got: shown(storage.volumes[index]?.name),
      accepts: "each name once",
    })),
    ...repeated(storage.volumes, (one) => `${one.claim.namespace}/${one.claim.name}`).map((index) => ({
      path: at(index, "claim"),
      message: "two volumes for one claim",
      got: shown(storage.volumes[index]?.claim),
      accepts: "each claim once",
    })),
  ];
}

function issuers({ certificates }: ParsedSettings): Finding[] {
  const names = certificates.issuers.map((one) => one.name);
  const solverFindings = certificates.issuers.flatMap((one, index) =>
    one.kind !== "acme"
      ? []
      : one.solvers.flatMap((solver, number): Finding[] => {
          if (
            solver.kind !== "route53" ||
            (solver.accessKeyId === undefined) === (solver.secretAccessKeySecret === undefined)
          )
            return [];
          const lacks = solver.accessKeyId === undefined ? "accessKeyId" : "secretAccessKeySecret";
          return [
            {
              path: ["certificates", "issuers", index, "solvers", number, lacks],
              message: "is missing",
              accepts: "accessKeyId and secretAccessKeySecret together, or neither",
            },
          ];
        }),
  );
  return [
    ...repeated(certificates.issuers, (one) => one.name).map((index) => ({
      path: ["certificates", "issuers", index, "name"],
      message: "this issuer is listed twice",
      got: shown(names[index]),
      accepts: "each name once",
    })),
    ...(certificates.issuer === undefined || names.includes(certificates.issuer)
      ? []
      : [
          unknownName(
            ["certificates", "issuer"],
            "no issuer of that name",
            certificates.issuer,
            names,
            "certificates.issuers",
          ),
        ]),
    ...solverFindings,
  ];
}

function hosts({ certificates, domain }: ParsedSettings): Finding[] {
  const names = certificates.issuers.map((one) => one.name);
  const at = (index: number, key: string) => ["certificates", "hosts", index, key];
  return [
    ...repeated(certificates.hosts, (one) => `${one.namespace}/${fullHost(one.host, domain)}`).map((index) => ({
      path: at(index, "host"),
      message: "this host is listed twice for one namespace",
      got: shown(certificates.hosts[index]?.host),
      accepts: "each host once",
    })),
    ...certificates.hosts.flatMap((one, index): Finding[] => {
      if (one.certificate !== undefined || one.keySecret !== undefined)
        return ownCertificate(one, (key) => at(index, key));
      if (!certificates.enabled)
        return [
          {
            path: at(index, "host"),
            message: "needs an issuer, and certificates are off",
            got: shown(one.host),
            accepts: "certificates.enabled: true, or certificate and keySecret",
          },
        ];
      if (one.issuer !== undefined && !names.includes(one.issuer))
        return [unknownName(at(index, "issuer"), "no issuer of that name", one.issuer, names, "certificates.issuers")];
      const issuer = certificates.issuers.find(({ name }) => name === (one.issuer ?? certificates.issuer ?? names[0]));
      if (issuer === undefined) {
        // A wrong default issuer is reported where it stands.
        if (certificates.issuer !== undefined) return [];
        return [
          {
            path: ["certificates", "issuers"],
            message: `no issuer for ${fullHost(one.host, domain)}`,
            accepts: "at least one issuer",
            fix: "add one: kind acme, own-ca, company-ca or self-signed",
          },
        ];
      }
      if (
        issuer.kind === "acme" &&
        one.host.startsWith("*.") &&
        issuer.solvers.every(({ kind }) => kind === "http01")
      ) {
        return [
          {
            path: at(index, "host"),
            message: "HTTP-01 gives no wildcard certificates",
            got: shown(one.host),
            accepts: "a plain host, or an issuer with a route53 or cloudflare solver",
          },
        ];
      }
      return [];
    }),
  ];
}

function ownCertificate(
  one: { certificate?: string; keySecret?: string; issuer?: string },
  at: (key: string) => PropertyKey[],
): Finding[] {
  const together = "certificate and keySecret together";
  if (one.certificate === undefined)
    return [{ path: at("certificate"), message: "is missing beside keySecret", accepts: together }];
  if (one.keySecret === undefined)
    return [
      {
        path: at("keySecret"),
        message: "is missing beside certificate",
        accepts: together,
        fix: "npx pulumi config set --secret secrets:NAME < tls.key, and name it here",
      },
    ];
  if (one.issuer !== undefined)
    return [
      {
        path: at("issuer"),
        message: "contradicts a certificate of your own",
        got: shown(one.issuer),
        accepts: "either an issuer, or certificate and keySecret",
      },
    ];
  return [];
}

function chartSource({ charts }: ParsedSettings): Finding[] {
  const findings: Finding[] = [];
  const pairs = [
    ["oci", "registry"],
    ["folder", "folder"],
  ] as const;
  for (const [source, key] of pairs) {
    if (charts.source === source && charts[key] === undefined)
      findings.push({
        path: ["charts", key],
        message: `is missing, and charts.source is ${source}`,
        accepts: source === "oci" ? "an address that starts with oci://" : "a path relative to the project",
      });
    if (charts.source !== source && charts[key] !== undefined)
      findings.push({
        path: ["charts", key],
        message: `says nothing while charts.source is ${charts.source}`,
        got: shown(charts[key]),
        accepts: `charts.source: ${source} with it`,
        fix: `npx pulumi config set --path groundplan:charts.source ${source}`,
      });
  }
  return findings;
}

function postgresEngine({ postgresql }: ParsedSettings): Finding[] {
  const findings: Finding[] = [];
  if (postgresql.engine === "external" && postgresql.external === undefined)
    findings.push({
      path: ["postgresql", "external"],
      message: "is missing, and the engine is external",
      accepts: "an object with host and passwordSecret",
    });
  if (postgresql.engine !== "external" && postgresql.external !== undefined)
    findings.push({
      path: ["postgresql", "external"],
      message: `says nothing while the engine is ${postgresql.engine}`,
      accepts: "engine: external with it",
      fix: "npx pulumi config set --path groundplan:postgresql.engine external",
    });
  if (postgresql.engine !== "cloudnative-pg" && postgresql.walStorage !== undefined)
    findings.push({
      path: ["postgresql", "walStorage"],
      message: `the engine ${postgresql.engine} has no claim for the log`,
      got: shown(postgresql.walStorage),
      accepts: "engine: cloudnative-pg with it",
      fix: "leave it out",
    });
  if (!postgresql.enabled && postgresql.databases.length > 0)
    findings.push({
      path: ["postgresql", "databases"],
      message: "databases without a server",
      got: `${postgresql.databases.length} listed`,
      accepts: "postgresql.enabled: true",
      fix: "npx pulumi config set --path groundplan:postgresql.enabled true",
    });
  return findings;
}

function postgresSizes({ profile, postgresql }: ParsedSettings): Finding[] {
  const findings: Finding[] = [];
  for (const [path, size] of [
    [["postgresql", "resources"], postgresql.resources],
    [["postgresql", "pooler", "resources"], postgresql.pooler.resources],
  ] as const) {
    if (parseBytes(size.memoryLimit) < parseBytes(size.memory))
      findings.push({
        path: [...path, "memoryLimit"],
        message: "is below what the pod asks for",
        got: shown(size.memoryLimit),
        accepts: `at least ${size.memory}`,
      });
  }
  if (parseBytes(postgresql.sharedBuffers) * 2 > parseBytes(postgresql.resources.memoryLimit)) {
    findings.push({
      path: ["postgresql", "sharedBuffers"],
      message: "leaves too little of the memory limit to the connections",
      got: shown(postgresql.sharedBuffers),
      accepts: `at most half of ${postgresql.resources.memoryLimit}`,
    });
  }
  if (postgresql.engine === "postgresql-ha" && postgresql.replicas === 2) {
    findings.push({
      path: ["postgresql", "replicas"],
      severity: profile === "prod" ? undefined : "warning",
      message: "two servers cannot agree which is the primary when they lose each other",
      got: "2",
      accepts: "1, or 3 and more",
    });
  }
  return findings;
}

function databases({ postgresql }: ParsedSettings): Finding[] {
  const reserved = [
    "postgres",
    "template0",
    "template1",
    "repmgr",
    "admin",
    "sr_check_user",
    "streaming_replica",
    "app",
  ];
  const at = (index: number) => ["postgresql", "databases", index, "name"];
  return [
    ...repeated(postgresql.databases, (one) => one.name).map((index) => ({
      path: at(index),
      message: "this database is listed twice",
      got: shown(postgresql.databases[index]?.name),
      accepts: "each name once",
    })),
    ...postgresql.databases.flatMap(({ name }, index) =>
      reserved.includes(name) || name.startsWith("pg_")
        ? [
            {
              path: at(index),
              message: "this name belongs to the server",
              got: shown(name),
              accepts: `any but ${reserved.join(", ")} and pg_…`,
            },
          ]
        : [],
    ),
  ];
}

function namespaces(settings: ParsedSettings): Finding[] {
  const used: [readonly PropertyKey[], string][] = [
    ...Object.keys(settings.namespaces).map((name): [PropertyKey[], string] => [["namespaces", name], name]),
    [["postgresql", "namespace"], settings.postgresql.namespace],
    ...settings.postgresql.databases.map(({ namespace }, index): [PropertyKey[], string] => [
      ["postgresql", "databases", index, "namespace"],
      namespace,
    ]),
    ...settings.certificates.hosts.map(({ namespace }, index): [PropertyKey[], string] => [
      ["certificates", "hosts", index, "namespace"],
      namespace,
    ]),
  ];
  return used.flatMap(([path, name]) =>
    name === "default" || name.startsWith("kube-")
      ? [
          {
            path,
            message: "this namespace belongs to the cluster",
            got: shown(name),
            accepts: "any but default and kube-…",
          },
        ]
      : [],
  );
}

function rotation(settings: ParsedSettings): Finding[] {
  const known = credentialsOf(settings);
  return Object.entries(settings.rotation).flatMap(([name, number]): Finding[] => {
    if (name === everyCredential) return [];
    const credential = known.find((one) => one.name === name);
    if (credential === undefined) {
      const names = known.map((one) => one.name);
      return [
        unknownName(["rotation", name], "no generated secret of that name", name, names, "the plan's list of secrets"),
      ];
    }
    if (number > 1 && "refuse" in credential.recipe)
      return [
        {
          path: ["rotation", name],
          message: "this secret cannot be rotated by a number",
          got: shown(number),
          accepts: "1",
          fix: credential.recipe.refuse,
        },
      ];
    return [];
  });
}

function unknownName(
  path: readonly PropertyKey[],
  message: string,
  got: string,
  known: readonly string[],
  where: string,
): Finding {
  const near = nearest(got, known);
  return {
    path,
    message,
    got: shown(got),
    accepts: known.length === 0 ? `a name of ${where}, which is empty` : known.join(", "),
    ...(near === undefined ? {} : { fix: `did you mean ${near}?` }),
  };
}

/** The indices of elements whose key stands earlier in the list already. */
function repeated<T>(list: readonly T[], identity: (element: T) => string): number[] {
  const seen = new Set<string>();
  return list.flatMap((element, index) => {
    const id = identity(element);
    if (seen.has(id)) return [index];
    seen.add(id);
    return [];
  });
}
