import { commandLine } from "../../../components/kit/command-line.ts";
import { rotationNumber } from "../../../components/kit/credential.ts";
import { storedAlias } from "../../../components/midpoint/aliases.ts";
import { mostKeys, midPointCredentials } from "../../../components/midpoint/credentials.ts";
import { generatedAliases } from "../../../components/midpoint/stack-keystore.ts";
import { credentialsOf } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["midpoint", "keystore", ...rest];

const counted = (keys: number) => `${keys} ${keys === 1 ? "key" : "keys"}`;

/** The number of generated keys. */
function rotationOf(settings: ParsedSettings): number {
  const { keys } = midPointCredentials;
  const generated = credentialsOf(settings).some(({ name }) => name === keys.name);
  return generated ? rotationNumber(settings.rotation, keys) : 1;
}

/** The keys of an existing keystore: each once, and the one that encrypts among them. */
export function midpointImport(settings: ParsedSettings): Violation[] {
  const { keystore } = settings.midpoint;
  const { encryptionKey, keys, source } = keystore;
  if (source !== "import")
    return keys.length === 0
      ? []
      : [
          {
            path: at("keys"),
            message: `have no effect with midpoint.keystore.source: ${source}, which creates other keys`,
            got: counted(keys.length),
            accepts: "keys with midpoint.keystore.source: import",
            fix: { set: "import", at: at("source") },
            relies: [at("source")],
          },
        ];
  if (keys.length === 0)
    return [
      {
        path: at("keys"),
        message: "is required with midpoint.keystore.source: import",
        accepts: "the keys of an existing keystore",
        fix: `run ${commandLine("keystore", "--import FILE")}, and copy the settings that it prints`,
        relies: [at("source")],
      },
    ];
  const aliases = keys.map(({ alias }) => storedAlias(alias));
  const generated = generatedAliases(rotationOf(settings), true);
  return [
    ...repeated(
      keys,
      ({ alias }) => storedAlias(alias),
      (_, index) => ({
        path: at("keys", index, "alias"),
        message: "this alias is listed twice; case is ignored",
        accepts: "each alias once",
        fix: "remove the entry, or rename it: midPoint finds the key of a value by its content",
      }),
    ),
    ...repeated(
      keys,
      ({ keySecret }) => keySecret,
      (_, index) => ({
        path: at("keys", index),
        message: "the secret of this key is listed twice",
        accepts: "a secret for each key",
        fix: "use the secret of this key, or remove the entry",
      }),
    ),
    ...(aliases.includes(storedAlias(encryptionKey))
      ? []
      : [
          unknownName(
            at("encryptionKey"),
            "the imported keystore has no key with this alias",
            encryptionKey,
            keys.map(({ alias }) => alias),
            "midpoint.keystore.keys",
            [at("keys")],
          ),
        ]),
    ...keys.flatMap(({ alias }, index): Violation[] =>
      generated.includes(storedAlias(alias))
        ? [
            {
              path: at("keys", index, "alias"),
              message: "rotation.midpoint-keys adds a key with this alias",
              got: shown(alias),
              accepts: `an alias other than ${generated.join(", ")}`,
              fix: "rename it, also in encryptionKey: midPoint finds the key of a value by its content",
            },
          ]
        : [],
    ),
  ];
}

/** The rotation number of the keystore, which is limited: each number adds a key. */
export function midpointKeys(settings: ParsedSettings): Violation[] {
  const { name } = midPointCredentials.keys;
  const { keys, source } = settings.midpoint.keystore;
  const most = source === "import" ? mostKeys - Math.max(keys.length - 1, 0) : mostKeys;
  const number = rotationOf(settings);
  if (number <= most) return [];
  const imported = source === "import" ? `, and ${keys.length} are imported` : "";
  if (most < 1)
    return [
      {
        path: at("keys"),
        message: `a keystore can hold ${mostKeys} keys at most`,
        got: counted(keys.length),
        accepts: `1 to ${mostKeys} keys`,
        fix: "remove the keys whose identifiers occur in no stored data",
        relies: [at("source")],
      },
    ];
  const own = settings.rotation[name] !== undefined;
  return [
    {
      path: ["rotation", own ? name : "all"],
      message: `is ${own ? "" : "also "}the number of midPoint's keys, but a keystore can hold ${mostKeys} at most${imported}`,
      got: shown(number),
      accepts: own ? `1 to ${most}` : `1 to ${most}, or a separate number for ${name}`,
      fix: own ? { remove: ["rotation", name] } : { set: 1, at: ["rotation", name] },
    },
  ];
}
