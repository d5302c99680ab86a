import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Ledger } from "../../../components/kit/ledger.ts";
import type { Plan } from "../../../plan/plan.ts";
import { sentinel } from "../../../plan/recorder.ts";
import { planAnew, planStack } from "../../plans.ts";
import { examples, stacks, variants } from "../../stacks.ts";
import { checked, extrasWith, hostile, planOfSize, planPage, planWith, prices, prodPlan } from "./plans.ts";

/** The tags of a page without what their attributes and texts say. */
function skeleton(page: string): string[] {
  const body = page.replace(/<style>[^]*?<\/style>/, "").replace(/<script>[^]*?<\/script>/, "");
  return [...body.matchAll(/<(\/?[a-z][a-z0-9]*)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*\/?>/gi)].map(
    ([, name, attributes = ""]) => `${name}${attributes.replace(/="[^"]*"/g, "").replace(/\s+/g, " ")}`,
  );
}

const textOf = (page: string, tag: string) => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1] ?? "";
const sections = (page: string) => [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
const all = (page: string, pattern: RegExp) => [...page.matchAll(pattern)].map(([, found = ""]) => found);

describe("the page", function () {
  this.slow(5000);
  let prod: Plan;
  let page: string;
  before(async () => {
    prod = await prodPlan(prices);
    page = await planPage(prod, extrasWith(prod, "some-name"));
  });

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`of ${stack.name} holds no generated value`, async () => {
      const plan = await planStack(stack);
      const first = await planPage(plan);
      assert.ok(!first.includes(sentinel));
      for (const { name } of [...plan.objects, ...plan.rendered, ...plan.ledger.credentials])
        assert.ok(first.includes(name), name);
    });
  }

  for (const stack of [...stacks, ...examples])
    it(`of ${stack.name} is the same each time`, async () =>
      assert.equal(await planPage(await planAnew(stack)), await planPage(await planStack(stack))));

  it("hides what a chart's Secret holds, whoever marked it", async () => {
    const like = prod.objects[0];
    assert.ok(like);
    const manifest = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      data: { key: "bGVhaw==" },
      stringData: { k: "spilt-by-a-chart" },
    };
    const text = await planPage({
      ...prod,
      rendered: [{ ...like, kind: "Secret", name: "s", release: "a/b", manifest }],
    });
    assert.ok(!text.includes("bGVhaw==") && !text.includes("spilt-by-a-chart"));
    assert.match(text, /data:\n {2}key: \(secret\)/);
  });

  it("takes no name for markup, wherever it stands", async () => {
    for (const text of hostile) {
      // The same number of words and lines, since labels are wrapped.
      const plain = text.replace(/[^\sa-z0-9]/gi, "x").replace(/[\r\n]/g, "x");
      const [evil, tame] = await Promise.all(
        [text.replace(/[\r\n]/g, "\n"), plain].map((name) => planPage(planWith(prod, name), extrasWith(prod, name))),
      );
      assert.deepEqual(skeleton(evil ?? ""), skeleton(tame ?? ""), text);
      assert.doesNotMatch(
        (evil ?? "").replace(/<script>[^]*?<\/script>/, ""),
        /<(script|img|iframe|object|embed|form action)/i,
      );
      assert.doesNotMatch(evil ?? "", /[\u202e\u200b]/);
    }
  });

  it("allows its own style and script by their hashes, and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    const hash = (tag: string) => `sha256-${createHash("sha256").update(textOf(page, tag)).digest("base64")}`;
    assert.equal(
      policy.replaceAll("&#39;", "'"),
      `default-src 'none'; img-src data:; style-src '${hash("style")}'; script-src '${hash("script")}'; base-uri 'none'; form-action 'none'`,
    );
    assert.equal(all(page, /<(script|style)\b/g).length, 2);
    assert.deepEqual(all(page, /\s(style|on\w+)=/g), []);
  });

  it("asks for nothing beyond itself", () => {
    // Text between tags, such as a script in a ConfigMap, has no `<`.
    const tags = all(page, /<([a-z][^>]*)>/g).join("\n");
    const targets = all(tags, /\s(?:src|href|action|srcset|data|poster|background)="([^"]*)"/g);
    assert.deepEqual(
      targets.filter((target) => !target.startsWith("#") && target !== "data:,"),
      [],
    );
    assert.doesNotMatch(textOf(page, "style"), /url\(|@import/);
    assert.doesNotMatch(textOf(page, "script"), /fetch|XMLHttpRequest|import|innerHTML|eval/);
  });

  it("has each id once, and everything that it points at", () => {
    const ids = all(page, /\sid="([^"]*)"/g);
    assert.equal(new Set(ids).size, ids.length);
    const wanted = [
      ...all(page, /href="#([^"]+)"/g),
      ...all(page, /aria-(?:labelledby|describedby)="([^"]+)"/g).flatMap((list) => list.split(" ")),
    ];
    assert.deepEqual(
      wanted.filter((id) => !ids.includes(id)),
      [],
    );
  });

  it("has headings in order, and for each table a caption and the scope of its headings", () => {
    const levels = all(page, /<h([1-6])/g).map(Number);
    assert.equal(levels.filter((level) => level === 1).length, 1);
    levels.slice(1).forEach((level, index) => assert.ok(level <= (levels[index] ?? 0) + 1));
    for (const [, table = ""] of page.matchAll(/<table[^>]*>([^]*?)<\/table>/g)) {
      assert.match(table, /^\n<caption/);
      assert.ok(all(table, /<th ([^>]*)>/g).every((attributes) => attributes.includes("scope=")));
    }
  });

  it("shows what is given, and leaves out what is not", async () => {
    assert.deepEqual(sections(page), [
      "overview",
      "losses",
      "changes",
      "parity",
      "architecture",
      "checks",
      "hosts",
      "records",
      "services",
      "backups",
      "resources",
      "cost",
      "secrets",
      "charts",
      "objects",
    ]);
    const bare = sections(await planPage(prod));
    assert.deepEqual(
      bare.filter((id) => ["losses", "changes", "checks", "cost", "problems"].includes(id ?? "")),
      [],
    );
  });

  it("leads from a finding to its object", async () => {
    const finding = { object: "Secret sysdb/system-db", message: "is wrong" };
    const result = {
      id: "GP001",
      title: "t",
      severity: "error",
      fix: "f",
      findings: [finding],
      exempted: [],
    } as const;
    const text = await planPage(prod, { checks: checked([result]) });
    const id = /<a href="#(o\d+)"><code>Secret sysdb\/system-db<\/code><\/a>/.exec(text)?.[1];
    assert.match(
      text,
      new RegExp(`id="${id}"><summary><span class="kind">Secret</span> <span class="name">system-db</span>`),
    );
  });

  it("stays below 5 MB with 2,000 objects, and says what it leaves out", async () => {
    const small = await prodPlan("monitoring={}", "logging={}", "keycloak={}", "gateway={}");
    const many = await planPage(planOfSize(small, 2000));
    assert.ok(Buffer.byteLength(many) < 5e6, `${Buffer.byteLength(many)} bytes`);
    assert.doesNotMatch(many, /are left out/);
    const more = await planPage(planOfSize(prod, 6000));
    assert.ok(Buffer.byteLength(more) < 7e6, `${Buffer.byteLength(more)} bytes`);
    assert.match(more, /The manifests of \d+ of \d+ objects are left out, to keep this page below 3 MB of them/);
    assert.match(more, /<pre tabindex="0">Not in this page: manifests\/tenant-\d+\//);
  });

  it("stays below 1 MB for the stacks of the project", async () => {
    for (const stack of stacks) {
      const bytes = Buffer.byteLength(await planPage(await planStack(stack)));
      assert.ok(bytes < 1_000_000, `${stack.name}: ${bytes} bytes`);
    }
  });

  it("cuts long texts at the end of a line, and says where the rest is", async () => {
    const page = await planPage(await planStack(stacks[0] ?? assert.fail()));
    const [, kept = "", more = ""] =
      /<span class="name">keycloak-realm<\/span>(?:(?!<pre)[^])*<pre[^>]*>([^]*?)… (\d+) characters more in manifests\/keycloak\/ConfigMap-keycloak-realm\.yaml/.exec(
        page,
      ) ?? [];
    assert.match(kept, /realm\.json/);
    assert.ok(kept.length > 1500 && kept.length < 4000 && Number(more) > 3000, `${kept.length} and ${more}`);
  });

  it("cuts a manifest of many short texts as well", async () => {
    const plan = await planStack(stacks[0] ?? assert.fail());
    const [first, ...others] = plan.objects;
    assert.ok(first);
    const rules = Array.from({ length: 500 }, (_, index) => ({ alert: `Alert${index}`, expr: "up == 0" }));
    const long = { ...first, manifest: { ...first.manifest, spec: { rules } } };
    const page = await planPage({ ...plan, objects: [long, ...others] });
    const [, kept = "", more = ""] =
      /<pre[^>]*>((?:(?!<\/pre>)[^])*Alert0\n[^]*?)… (\d+) characters more in manifests/.exec(page) ?? [];
    assert.ok(kept.length > 5000 && kept.length < 8000 && Number(more) > 10_000, `${kept.length} and ${more}`);
    assert.doesNotMatch(page, /Alert499/);
  });

  it("draws no picture of what nobody could read, and keeps the table", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `{name: db${index}, namespace: own${index}}`);
    const plan = await prodPlan(`postgresql.databases=[${names.slice(0, 3).join(", ")}]`);
    const edges = Array.from({ length: 200 }, (_, index) => ({
      from: { kind: "pods", namespace: "rdm", labels: { app: `a${index}` } } as const,
      to: { kind: "apiServer" } as const,
      ports: [index + 1],
      purpose: "many",
    }));
    const ledger = Object.assign(new Ledger(), plan.ledger, { edges: [...plan.ledger.edges, ...edges] });
    const text = await planPage({ ...plan, ledger });
    assert.match(text, /No picture: \d+ boxes are too many to read/);
    assert.match(text, /app=a199/);
  });
});
