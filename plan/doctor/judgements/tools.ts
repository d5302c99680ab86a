import { answered, listed } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import { compiled } from "../../../components/kit/command-line.ts";
import type { Tools } from "../probes/tools.ts";

/**
 * The oldest Node that runs the program: in the repository the first that runs TypeScript without a flag (Node.js, "Modules:
 * TypeScript"), with the published package that of `engines` in its package.json.
 */
const oldestNode: readonly [major: number, minor: number] = compiled ? [20, 12] : [22, 18];

const area = "tools";

/**
 * Whether `npx pulumi up` can run the program.
 * @param source whether Pulumi's download server is reachable; undefined if it was not checked
 */
export function judgeTools(tools: Tools, source?: Answer<number>): readonly Diagnosis[] {
  return [judgeNode(tools), ...judgeCli(tools, source), ...judgeOwnNode(tools), ...judgePlugins(tools, source)];
}

function judgeNode({ node }: Tools): Diagnosis {
  const base = { check: "node", area, found: `Node ${node.version} runs this project` } as const;
  if (node.runsProgram) return { ...base, level: "ok" };
  return {
    ...base,
    level: "fail",
    needed: `Node ${oldestNode.join(".")} or later, which the project installs`,
    fix: "install the project's own Node",
    commands: ["npm ci"],
  };
}

function judgeCli({ cached, own, wanted, cache }: Tools, source?: Answer<number>): Diagnosis[] {
  const check = "pulumi-cli";
  const fetchIt = { fix: `let \`npx pulumi\` download ${wanted} now`, commands: ["npx pulumi version"] };
  if (cached !== undefined) {
    return answered(cached.version)
      ? [
          {
            check,
            area,
            level: "ok",
            found: `Pulumi CLI ${cached.version.got} is the version that \`npx pulumi\` runs`,
          },
        ]
      : [
          {
            check,
            area,
            level: "fail",
            found: `the Pulumi CLI of \`npx pulumi\` does not run: ${cached.version.why}`,
            fix: "delete it and download it again",
            commands: [`rm -r ${cache.replace(/\/bin\/pulumi$/, "")}`, "npx pulumi version"],
          },
        ];
  }
  const download = `\`npx pulumi\` downloads ${wanted} on first use`;
  if (source !== undefined && !answered(source) && own === undefined) {
    return [
      {
        check,
        area,
        level: "fail",
        found: `the Pulumi CLI is missing, and get.pulumi.com is not reachable: ${source.why}`,
        needed: `Pulumi CLI ${wanted}, at ${cache} or on PATH`,
        fix: "copy it from a machine with access, or set HTTPS_PROXY",
      },
    ];
  }
  if (own === undefined)
    return [{ check, area, level: "warn", found: `the Pulumi CLI is not installed yet: ${download}`, ...fetchIt }];
  const version = answered(own.version) ? own.version.got : "of an unknown version";
  const found = `Pulumi CLI ${version} at ${own.path}; ${download}`;
  if (answered(own.version) && /^3\./.test(own.version.got)) return [{ check, area, level: "ok", found }];
  return [{ check, area, level: "warn", found, needed: "Pulumi CLI 3", ...fetchIt }];
}

/** The user's own CLI starts the first Node on PATH; `npx pulumi` starts the project's Node. */
function judgeOwnNode({ own, ownNode }: Tools): Diagnosis[] {
  if (own === undefined || ownNode === undefined || !answered(ownNode)) return [];
  const [major = 0, minor = 0] = ownNode.got.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return [];
  return [
    {
      check: "node-of-cli",
      area,
      level: "warn",
      found: `${own.path} would run the program with Node ${ownNode.got}`,
      needed: `Node ${oldestNode.join(".")} or later`,
      fix: "run Pulumi with npx, which uses the project's Node",
      commands: ["npx pulumi preview"],
    },
  ];
}

function judgePlugins({ missingPlugins }: Tools, source?: Answer<number>): Diagnosis[] {
  const check = "pulumi-plugins";
  if (missingPlugins.length === 0) return [{ check, area, level: "ok", found: "all plugins are installed" }];
  const unreachable = source !== undefined && !answered(source);
  return [
    {
      check,
      area,
      level: unreachable ? "fail" : "ok",
      found: `the first preview downloads ${listed(missingPlugins)}`,
      ...(unreachable
        ? {
            needed: `the plugins, or access to get.pulumi.com: ${source.why}`,
            fix: "install each on a machine with access, and copy its ~/.pulumi/plugins here",
            commands: missingPlugins.map((plugin) => `npx pulumi plugin install resource ${plugin}`),
          }
        : {}),
    },
  ];
}
