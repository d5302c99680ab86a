import { answered, counted, listed, notKnown, quoted } from "../diagnosis.ts";
import type { Diagnosis } from "../diagnosis.ts";
import { noCli } from "../probes/state.ts";
import type { Secrets, State } from "../probes/state.ts";

const area = "state";

/** Whether the stack's state can be accessed, read and decrypted. */
export function judgeState(state: State, stack: string): readonly Diagnosis[] {
  const { backend, missingFolder } = state;
  if (backend === undefined) {
    return [
      {
        check: "backend",
        area,
        level: "fail",
        found: "no backend for the state is configured",
        needed: "a backend: a bucket, a folder, or Pulumi Cloud",
        fix: "log in to one, or set PULUMI_BACKEND_URL",
        commands: ["npx pulumi login s3://my-bucket"],
      },
      ...judgeSecrets(state, stack),
    ];
  }
  if (missingFolder !== undefined) {
    return [
      {
        check: "backend",
        area,
        level: "fail",
        found: `the folder of ${backend} is missing`,
        needed: "an existing folder, with its own backup",
        fix: "create it, or correct PULUMI_BACKEND_URL",
        commands: [`mkdir -p ${quoted(missingFolder)}`],
      },
      ...judgeSecrets(state, stack),
    ];
  }
  return [judgeLogin(state, backend), ...judgeStack(state, stack), ...judgeSecrets(state, stack)];
}

function judgeLogin({ user }: State, backend: string): Diagnosis {
  const check = "backend";
  if (answered(user)) return { check, area, level: "ok", found: `${backend} accepts the login of ${user.got}` };
  if (user.why === noCli) return notKnown(check, area, backend, user.why);
  return {
    check,
    area,
    level: "fail",
    found: `${backend} rejects the login: ${user.why}`,
    needed: "a login with read and write permission",
    ...(user.why.includes("PULUMI_ACCESS_TOKEN")
      ? { fix: "log in", commands: ["npx pulumi login"] }
      : { fix: "check the URL and the cloud credentials" }),
  };
}

function judgeStack({ stack: known }: State, stack: string): Diagnosis[] {
  const check = "stack";
  if (!answered(known)) return [notKnown(check, area, `the stack ${stack}`, known.why)];
  if (known.got === "none") {
    return [
      {
        check,
        area,
        level: "warn",
        found: `the backend has no stack ${stack} yet`,
        fix: "create it, and choose how it is encrypted; without --secrets-provider, a passphrase encrypts it",
        commands: [
          `npx pulumi stack init ${stack} --secrets-provider "awskms://alias/pulumi?region=eu-west-1"`,
          `npx pulumi stack init ${stack}`,
        ],
      },
    ];
  }
  const { resources } = known.got;
  const found = resources === 0 ? "exists and is empty" : `has ${counted(resources, "resource")}`;
  return [{ check, area, level: "ok", found: `the stack ${stack} ${found}` }];
}

function judgeSecrets({ secrets, backend }: State, stack: string): Diagnosis[] {
  const check = "secrets-provider";
  const { encrypted, provider, passphrase } = secrets;
  const values = encrypted === 0 ? "" : ` and ${counted(encrypted, "value")} of its file`;
  if (provider !== "" && provider !== "passphrase" && passphrase === undefined)
    return [{ check, area, level: "ok", found: `${provider} encrypts the state${values}` }];
  if (passphrase === undefined) {
    // Pulumi Cloud encrypts the state itself and writes nothing to the file.
    const cloud = backend !== undefined && /^https?:/.test(backend);
    if (encrypted > 0 && !cloud) {
      return [
        {
          check,
          area,
          level: "fail",
          found: `Pulumi.${stack}.yaml has ${counted(encrypted, "encrypted value")} but no key to decrypt with`,
          needed: "encryptionsalt or secretsprovider in that file",
          fix: "restore the file, or set its secrets again",
          commands: [`npx pulumi stack init ${stack}`, `npx pulumi config set --secret secrets:NAME --stack ${stack}`],
        },
      ];
    }
    const found = cloud ? "Pulumi Cloud encrypts the state" : "`stack init` sets how the state is encrypted";
    return [{ check, area, level: "ok", found }];
  }
  return [judgePassphrase(passphrase, values, stack)];
}

function judgePassphrase(passphrase: NonNullable<Secrets["passphrase"]>, values: string, stack: string): Diagnosis {
  const base = { check: "secrets-provider", area, needed: `the passphrase of Pulumi.${stack}.yaml` } as const;
  const set = ["read -rs PULUMI_CONFIG_PASSPHRASE && export PULUMI_CONFIG_PASSPHRASE"];
  switch (passphrase) {
    case "right":
      return { ...base, level: "ok", found: `the passphrase decrypts the state${values}`, needed: undefined };
    case "wrong":
      return { ...base, level: "fail", found: "the passphrase is wrong for this stack", fix: "set it", commands: set };
    case "absent":
      return {
        ...base,
        level: "fail",
        found: "the state is encrypted with a passphrase, and none is set",
        fix: "set it, or set PULUMI_CONFIG_PASSPHRASE_FILE to its file",
        commands: set,
      };
    case "no such file":
      return {
        ...base,
        level: "fail",
        found: "the file in PULUMI_CONFIG_PASSPHRASE_FILE cannot be read",
        fix: "correct its path",
      };
    case "of an unknown form":
      return notKnown("secrets-provider", area, "encryptionsalt", "it has an unknown format");
  }
}

/** What a killed run left in the state. */
export function judgeInterrupted({ locks, stack: known }: State, stack: string): readonly Diagnosis[] {
  return [...judgeLocks(locks, stack), ...judgePending(known, stack)];
}

function judgeLocks(locks: State["locks"], stack: string): Diagnosis[] {
  const check = "lock";
  const where = "leftovers";
  if (!answered(locks)) return [notKnown(check, where, "the lock of the state", locks.why)];
  return locks.got.map(({ by, since, alive }): Diagnosis => {
    if (alive === true) {
      const found = `a run has locked the stack: ${by}, since ${since}`;
      return { check, area: where, level: "fail", found, fix: "wait until it ends" };
    }
    return {
      check,
      area: where,
      level: "fail",
      found: `the stack is locked by ${by}, since ${since}${alive === false ? "; that process no longer runs" : ""}`,
      needed: "no lock",
      fix: "make sure that no run is in progress anywhere, then remove the lock",
      commands: [`npx pulumi cancel --stack ${stack} --yes`],
    };
  });
}

function judgePending(known: State["stack"], stack: string): Diagnosis[] {
  if (!answered(known) || known.got === "none" || known.got.pending.length === 0) return [];
  const { pending } = known.got;
  const base = { check: "pending-operations", area: "leftovers", level: "warn" } as const;
  const named = (some: typeof pending) => listed(some.map(({ operation, name }) => `${operation} ${name}`));
  const open = pending.filter(({ known: done }) => !done);
  if (open.length === 0) {
    return [
      {
        ...base,
        found: `the state still lists an interrupted run, which a later run finished: ${named(pending)}`,
        fix: "clear the list",
        commands: [`npx pulumi refresh --clear-pending-creates --stack ${stack}`],
      },
    ];
  }
  return [
    {
      ...base,
      found: `a run was interrupted while ${named(open)}`,
      fix: "wait until the plugins of that run have ended, follow the lines below, then run up; it may need several runs",
      commands: ["pgrep -af pulumi-resource-", `npx pulumi up --stack ${stack}`],
    },
  ];
}
