import { z } from "zod";
import { changing, defaultText, everySetting } from "./document.ts";
import { about, bare, isRequired } from "./key.ts";
import { settingsSchema } from "./schema.ts";

type Json = Record<string, unknown>;

/**
 * A JSON Schema of a stack file, with which editors complete, check and describe keys and values (draft 7, the version that
 * editors support best). It does not cover rules between settings and missing secrets: only the program checks those.
 */
export function settingsJsonSchema(): Json {
  const definitions = topLevel();
  const names = Object.keys(definitions);
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` });
  const required = Object.entries(settingsSchema("prod").shape as Record<string, z.ZodType>)
    .filter(([, schema]) => isRequired(schema))
    .map(([name]) => ({ anyOf: [{ required: [`groundplan:${name}`] }, { required: [name] }] }));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A stack of Groundplan",
    description: "Pulumi.STACK.yaml: the settings of one environment.",
    type: "object",
    additionalProperties: false,
    required: ["config"],
    properties: {
      config: {
        type: "object",
        allOf: required,
        additionalProperties: false,
        properties: {
          ...Object.fromEntries(names.map((name) => [`groundplan:${name}`, reference(name)])),
          "pulumi:disable-default-providers": {
            description:
              "Pulumi providers without a default instance, so that no resource reaches a cluster by accident. Do not change it.",
            type: "array",
            items: { type: "string" },
          },
        },
        patternProperties: {
          // Pulumi reads a key without a namespace as a key of the project.
          ...Object.fromEntries(names.map((name) => [`^${name}$`, reference(name)])),
          "^secrets:[a-z][a-z0-9-]{0,62}$": {
            description: "An encrypted secret, set with: npx pulumi config set --secret secrets:NAME",
            type: "object",
            properties: { secure: { type: "string" } },
            required: ["secure"],
            additionalProperties: false,
          },
          "^pulumi:(?!disable-)": { description: "A setting of Pulumi." },
        },
      },
      encryptionsalt: { description: "Written by Pulumi.", type: "string" },
      encryptedkey: { description: "Written by Pulumi.", type: "string" },
      secretsprovider: { description: "The provider that encrypts secrets. Written by Pulumi.", type: "string" },
      environment: { description: "Environments of Pulumi ESC." },
    },
    definitions,
  };
}

/** The schema of each top-level setting. */
function topLevel(): Record<string, Json> {
  const defaults = new Map(everySetting().map((setting) => [setting.prod, setting]));
  const { properties } = z.toJSONSchema(settingsSchema("prod"), {
    target: "draft-7",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const schema = zodSchema as unknown as z.ZodType;
      const json = jsonSchema as Json;
      const setting = defaults.get(schema);
      const said = about(schema);
      if (said !== undefined && setting !== undefined) {
        const parts = [
          ["Unit", said.unit],
          ["Default", defaultText(setting)],
          ["Changing it", changing(setting)],
        ];
        const lines = parts.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`]));
        json["description"] = [said.is, ...lines].join("\n").replaceAll("`", "");
      }
      // Editors insert the default: omit one that differs between the profiles, and empty objects and lists.
      const value = json["default"];
      const both = setting === undefined || JSON.stringify(value) === JSON.stringify(otherDefault(setting.dev));
      if (!both || (typeof value === "object" && JSON.stringify(value).length === 2)) delete json["default"];
      // A name without a value after its colon is an object with every default.
      if (schema instanceof z.ZodRecord && bare(schema.valueType as z.ZodType) instanceof z.ZodObject)
        json["additionalProperties"] = { anyOf: [json["additionalProperties"], { type: "null" }] };
    },
  });
  return properties as Record<string, Json>;
}

function otherDefault(schema: z.ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}
