import { z } from "zod";
import { about, bare } from "./key.ts";
import { everySetting, left } from "./document.ts";
import { settingsSchema } from "./schema.ts";

type Json = Record<string, unknown>;

/**
 * A JSON Schema (draft 7, which editors know best) of whole stack files: it completes and checks keys and values, and says of
 * each key what it is. Rules between settings, and secrets that are missing, only the program finds.
 */
export function settingsJsonSchema(): Json {
  const definitions = topLevel();
  const names = Object.keys(definitions);
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` });
  const required = Object.entries(settingsSchema("prod").shape as Record<string, z.ZodType>)
    .filter(([, schema]) => !schema.safeParse(undefined).success)
    .map(([name]) => ({ anyOf: [{ required: [`groundplan:${name}`] }, { required: [name] }] }));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A stack of Groundplan",
    description: "Pulumi.STACK.yaml: what a user chose for one environment.",
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
              "Providers that must be named by whoever uses them, so that nothing reaches a cluster by accident. Leave it as it is.",
            type: "array",
            items: { type: "string" },
          },
        },
        patternProperties: {
          // Pulumi takes a key without a namespace for one of the project.
          ...Object.fromEntries(names.map((name) => [`^${name}$`, reference(name)])),
          "^secrets:[a-z][a-z0-9-]{0,62}$": {
            description: "A secret of yours, encrypted: npx pulumi config set --secret secrets:NAME",
            type: "object",
            properties: { secure: { type: "string" } },
            required: ["secure"],
            additionalProperties: false,
          },
          "^pulumi:(?!disable-)": { description: "A setting of Pulumi itself." },
        },
      },
      encryptionsalt: { description: "Written by Pulumi.", type: "string" },
      encryptedkey: { description: "Written by Pulumi.", type: "string" },
      secretsprovider: { description: "Who encrypts secrets; written by Pulumi.", type: "string" },
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
          ["Left out", left(setting)],
          ["Changing it", said.changing],
        ];
        const lines = parts.flatMap(([name, text]) => (text === undefined || text === "" ? [] : [`${name}: ${text}`]));
        json["description"] = [said.is, ...lines].join("\n").replaceAll("`", "");
      }
      // What an editor fills in: no default that another profile does not have, and no empty object or list.
      const value = json["default"];
      const both = setting === undefined || JSON.stringify(value) === JSON.stringify(otherDefault(setting.dev));
      if (!both || (typeof value === "object" && JSON.stringify(value).length === 2)) delete json["default"];
      // A name with nothing after its colon is an object with every default.
      if (schema instanceof z.ZodRecord && bare(schema.valueType as z.ZodType) instanceof z.ZodObject)
        json["additionalProperties"] = { anyOf: [json["additionalProperties"], { type: "null" }] };
    },
  });
  return properties as Record<string, Json>;
}

function otherDefault(schema: z.ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}
