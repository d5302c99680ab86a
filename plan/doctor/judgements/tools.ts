import { answered, listed } from "../finding.ts";
import type { Answer, Finding } from "../finding.ts";
import type { Tools } from "../probes/tools.ts";

/** The first Node that runs TypeScript of itself, without a flag (Node.js, "Modules: TypeScript"). */
const oldestNode = [22, 18] as const;

const area = "tools";

/**
 * Whether `npx pulumi up` can run the program.
 * @param source whether Pulumi's downloads are in reach; undefined where that was not asked
 */
export function judgeTools(tools: Tools, source?: Answer<number>): readonly Finding[] {
  return [judgeNode(tools), ...judgeCli(tools, source), ...judgeOwnNode(tools), ...judgePlugins(tools, source)];
}

function judgeNode({ node }: Tools): Finding {
  const base = { check: "node", area, found: `Node ${node.version} runs this project` } as const;
  if (node.runsTypeScript) return { ...base, level: "ok" };
  return {
    ...base,
    level: "fail",
    needed: `Node ${oldestNode.join(".")} or later, as the project brings it`,
    fix: "install the project's own Node",
    commands: ["npm ci"],
  };
}

function judgeCli({ cached, own, wanted, cache }: Tools, source?: Answer<number>): Finding[] {
  const check = "pulumi-cli";
  const fetchIt = { fix: `let \`npx pulumi\` download ${wanted} now`, commands: ["npx pulumi version"] };
  if (cached !== undefined) {
    return answered(cached.version)
      ? [{ check, area, level: "ok", found: `Pulumi CLI ${cached.version.got} is what \`npx pulumi\` runs` }]
      : [
          {
            check,
            area,
            level: "fail",
            found: `the Pulumi CLI of \`npx pulumi\` does not run: ${cached.version.why}`,
            fix: "take it away and download it anew",
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
        found: `there is no Pulumi CLI, and get.pulumi.com is out of reach: ${source.why}`,
        needed: `Pulumi CLI ${wanted}, at ${cache} or on PATH`,
        fix: "install it from a machine that has access, or set HTTPS_PROXY",
      },
    ];
  }
  if (own === undefined) return [{ check, area, level: "warn", found: `no Pulumi CLI yet: ${download}`, ...fetchIt }];
  const version = answered(own.version) ? own.version.got : "of an unknown version";
  const found = `Pulumi CLI ${version} at ${own.path}; ${download}`;
  if (answered(own.version) && /^3\./.test(own.version.got)) return [{ check, area, level: "ok", found }];
  return [{ check, area, level: "warn", found, needed: "Pulumi CLI 3", ...fetchIt }];
}

/** A CLI of the user's own starts whatever Node is first on PATH; `npx pulumi` starts the project's. */
function judgeOwnNode({ own, ownNode }: Tools): Finding[] {
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
      fix: "run Pulumi through npx, which takes the project's Node",
      commands: ["npx pulumi preview"],
    },
  ];
}

function judgePlugins({ missingPlugins }: Tools, source?: Answer<number>): Finding[] {
  const check = "pulumi-plugins";
  if (missingPlugins.length === 0) return [{ check, area, level: "ok", found: "every plug-in is there" }];
  const unreachable = source !== undefined && !answered(source);
  return [
    {
      check,
      area,
      level: unreachable ? "fail" : "ok",
      found: `the first preview downloads ${listed(missingPlugins)}`,
      ...(unreachable
        ? {
            needed: `the plug-ins, or access to get.pulumi.com: ${source.why}`,
            fix: "install each on a machine that has access, and copy its ~/.pulumi/plugins here",
            commands: missingPlugins.map((plugin) => `npx pulumi plugin install resource ${plugin}`),
          }
        : {}),
    },
  ];
}
