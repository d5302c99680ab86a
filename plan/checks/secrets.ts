import type { PlannedObject } from "../objects.ts";
import { hidden } from "../objects.ts";
import type { Plan } from "../plan.ts";
import type { ContainerData } from "../pods.ts";
import { allContainers } from "../pods.ts";
import { sentinel } from "../recorder.ts";
import { Examination, nameOf } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at, record, records, text, texts } from "../../components/kit/unknown.ts";

/** Checks of where secret values are stored. */
export const secretChecks: readonly Check[] = [
  {
    id: "GP070",
    title: "No secret in a container's environment or command",
    severity: "error",
    reason:
      "Everyone with permission to list pods can read a pod's spec, and every process on the node can read a command line.",
    fix: "Store the value in a Secret and refer to it with secretKeyRef, or mount it and pass the file's path.",
    examine: (plan) => {
      const examination = new Examination();
      for (const pod of inventoryOf(plan).pods) {
        examination.look(pod.owner);
        for (const container of allContainers(pod))
          for (const message of containerSecrets(container, isSecretName(plan, pod)))
            examination.find(pod.owner, message, { container: container.name });
      }
      return examination;
    },
  },
  {
    id: "GP071",
    title: "No secret in a ConfigMap",
    severity: "error",
    reason: "ConfigMaps are not encrypted at rest, and can be read without permission to read Secrets.",
    fix: "Move the file to a Secret, or have the program read the value from an environment variable or a separate file.",
    examine: configMaps,
  },
  {
    id: "GP072",
    title: "Generated secrets are only in Secrets",
    severity: "error",
    reason:
      "A generated value in another object, or in a chart's values, can be read in the cluster or in Helm's records.",
    fix: "Pass the name of the Secret instead of its value.",
    examine: generated,
  },
  {
    id: "GP073",
    title: "Charts create no Secrets",
    severity: "warning",
    reason:
      "A Secret that a chart generates changes with each rendering, cannot be rotated by a number, and is not in the catalogue.",
    fix: "Create the Secret in the component and set the chart's `existingSecret` to its name.",
    examine: chartSecrets,
  },
];

const secretName = /PASSWORD|PASSWD|SECRET|TOKEN|(^|_)(API_?)?KEY$/i;

/** Names of variables with the location or a property of a secret, not its value. */
const aboutSecret = /(_FILE|_PATH|_DIR|_NAME|_KEY_REF|_URL|_TTL|_LENGTH|_ENABLED?|_POLICY|_TYPE|_ALGORITHM)$|^ENABLE/i;

/** Values that are no secret: empty, a switch, a number, a path, a reference that is resolved elsewhere. */
const harmless = /^$|^(true|false|yes|no|on|off|none|null)$|^[0-9]+[smhd]?$|^[/$<({%*:]|^\.{1,2}\//i;

/** Suffixes of names with a secret value. Names such as `passwordSecret` refer to a Secret instead. */
const named = String.raw`[\w.-]*(?:password|passwd|passphrase|\bsecret|[_.-]secret|clientSecret|[_.-]token|\btoken|accessToken|authToken|api[_-]?key)`;

/** A name and its value in a command, in a line of a configuration file, and in JSON. */
const inCommand = new RegExp(String.raw`(?:^|[\s&?;,"'])(-{0,2}${named})=["']?([^\s"',;&]+)`, "gi");
const inLine = new RegExp(String.raw`^\s*(?:export\s+|-\s+)?(${named})\s*[=:]\s*["']?([^\s"',;]+)`, "i");
const inJson = new RegExp(String.raw`"(${named})"\s*:\s*"([^"]+)"`, "gi");

const inAddress = /:\/\/[^\s:/@"']+:([^\s@/"']+)@/;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Names of variables with the name of a Secret, such as `IMAGE_PULL_SECRETS`. */
const namesSecret = /(^|_)(PULL_)?SECRETS?$/i;

/** Whether a variable has the name of a Secret as its value: of one in the pod's namespace, or of one that pods pull images with. */
function isSecretName(plan: Plan, { namespace, spec }: Pod): (variable: string, value: string) => boolean {
  const { has, pods } = inventoryOf(plan);
  const pulls = (one: Pick<Pod, "spec">) => records(one.spec["imagePullSecrets"]).map(({ name }) => name);
  return (variable, value) => {
    if (!namesSecret.test(variable) || /CLIENT_?SECRET/i.test(variable)) return false;
    const names = value.split(",").map((name) => name.trim());
    return names.every(
      (name) =>
        has("Secret", namespace, name) ||
        pulls({ spec }).includes(name) ||
        pods.some((pod) => pulls(pod).includes(name)),
    );
  };
}

function containerSecrets(container: ContainerData, isName: (variable: string, value: string) => boolean): string[] {
  const variables = container.env.flatMap(({ name, value }) => {
    const variable = text(name) ?? "";
    const literal = text(value) ?? "";
    if (
      secretName.test(variable) &&
      !aboutSecret.test(variable) &&
      !harmless.test(literal) &&
      !isName(variable, literal)
    )
      return [`${variable} has its value in plaintext`];
    return textSecrets(literal).map((what) => `${variable} contains ${what}`);
  });
  const words = [...texts(container["command"]), ...texts(container["args"])];
  const flags = words.flatMap((word, index) =>
    /^--?[\w-]*(password|passwd)$/i.test(word) &&
    !harmless.test(words[index + 1] ?? "") &&
    words[index + 1]?.[0] !== "-"
      ? [`${word} is in plaintext`]
      : [],
  );
  const written = words.flatMap((word) => [...values(word.matchAll(inCommand)), ...textSecrets(word)]);
  return [...variables, ...flags, ...written.map((what) => `its command contains ${what}`)];
}

function configMaps(plan: Plan): Examination {
  const examination = new Examination();
  for (const object of inventoryOf(plan).ofKind("ConfigMap")) {
    examination.look(objectName(object));
    for (const [key, value] of Object.entries(record(object.manifest["data"]))) {
      const content = text(value) ?? "";
      for (const what of [...lines(content), ...textSecrets(content)])
        examination.find(objectName(object), `${key} contains ${what}`);
    }
  }
  return examination;
}

/** Lines of a configuration file that set a secret. */
function lines(content: string): string[] {
  return content.split("\n").flatMap((line) => {
    const match = inLine.exec(line);
    return values([...(match === null ? [] : [match]), ...line.matchAll(inJson)]);
  });
}

/** The names of matches whose values are not references. */
function values(matches: Iterable<RegExpMatchArray>): string[] {
  return [...matches]
    .filter(([, name = "", value = ""]) => !aboutSecret.test(name.replace(/[.-]/g, "_")) && !harmless.test(value))
    .map(([, name = ""]) => `a value of ${name.replace(/^-+/, "")}`);
}

function textSecrets(content: string): string[] {
  const login = inAddress.exec(content)?.[1];
  return [
    ...(privateKey.test(content) ? ["a private key"] : []),
    ...(login !== undefined && !harmless.test(login) ? ["a URL with a password"] : []),
  ];
}

function generated(plan: Plan): Examination {
  const examination = new Examination();
  const judge = (name: string, value: unknown) => {
    examination.look(name);
    const written = JSON.stringify(value) ?? "";
    if (needles.some((needle) => written.includes(needle)))
      examination.find(name, "contains a generated secret in plaintext");
    else if (written.includes(`"${hidden}"`))
      examination.find(name, "contains a value that the program marks as secret");
  };
  for (const object of inventoryOf(plan).objects) judge(objectName(object), withoutData(object));
  for (const { name, namespace, values } of plan.releases) judge(nameOf("Release", name, namespace), values);
  return examination;
}

/** The prefix of every generated value, in plaintext and in base64 at each of its three alignments, without the characters that depend on neighbouring bytes. */
const needles = [
  sentinel,
  ...[0, 1, 2].map((shift) =>
    Buffer.from(`${"x".repeat(shift)}${sentinel}`)
      .toString("base64")
      .replace(/=+$/, "")
      .slice(Math.ceil((shift * 4) / 3), -2),
  ),
];

/** A manifest without the fields that may contain secrets. */
function withoutData({ kind, manifest }: PlannedObject): unknown {
  return kind === "Secret" ? at(manifest, "metadata") : manifest;
}

function chartSecrets(plan: Plan): Examination {
  const examination = new Examination();
  for (const object of inventoryOf(plan).ofKind("Secret")) {
    if (object.release === undefined) continue;
    examination.look(objectName(object));
    const keys = [object.manifest["data"], object.manifest["stringData"]].flatMap((data) => Object.keys(record(data)));
    if (keys.length > 0) examination.find(objectName(object), `is created by its chart, with ${keys.join(", ")}`);
  }
  return examination;
}
