import type { Ledger } from "../../components/kit/ledger.ts";
import type { Watched } from "../../components/kit/watched.ts";
import { configKey, setCommand } from "../settings/path.ts";
import type { Path } from "../settings/path.ts";
import { shown } from "../settings/problems.ts";
import type { Problem } from "../settings/problems.ts";
import { valueAt } from "../settings/key.ts";
import type { Settings } from "../settings/settings.ts";
import type { DatabaseArgs } from "./arguments.ts";
import { callOf, callSite, ExtensionError } from "./problem.ts";
import { lists, renamed, requested, twin } from "./request.ts";
import type { Asked, Listed } from "./request.ts";

/** What a program has asked for so far. */
export class Book implements Asked {
  /** The settings, with what the program asks for as if they had it. */
  settings: Settings;
  readonly calls = new Map<string, string>();
  /** The databases, with what is said of their backups. */
  readonly databases = new Map<string, DatabaseArgs["backup"]>();
  /** Where logins with each client may return to. */
  readonly redirects = new Map<string, readonly string[]>();
  /** The user's secrets that the program uses. */
  readonly secrets = new Set<string>();
  readonly watched: Watched[] = [];
  /** Problems that do not stop the program. */
  readonly warnings: Problem[] = [];
  private readonly owners = new Map<string, string>();
  private closed = false;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /**
   * Begins a call of the platform.
   * @throws ExtensionError after the program has ended
   */
  call(method: string, name: string): Call {
    const call = new Call(this, callOf(method, name));
    if (this.closed)
      call.refuse(
        "is called after the program's function has returned",
        undefined,
        "calls while the function runs: not in apply, not after an await",
        "move the call out of the callback",
      );
    return call;
  }

  /** A text with calls in the place of the settings that stand for them. */
  named(text: string): string {
    return renamed(this.calls)(text);
  }

  /** The call that owns a thing. */
  owner(kind: string, name: string): string | undefined {
    return this.owners.get(`${kind} ${name}`);
  }

  /** Gives a thing to a call. */
  own(kind: string, name: string, { label }: Call): void {
    this.owners.set(`${kind} ${name}`, label);
  }

  /** Refuses later calls. */
  close(): void {
    this.closed = true;
  }

  /**
   * Ends the program, once everything is made that has credentials.
   * @throws ExtensionError with the settings that name something that neither the settings nor the program create
   */
  settle({ credentials, data }: Ledger): void {
    const unsolved = this.settings.unsolved.flatMap((problem): Problem[] => {
      if (problem.unless === undefined) return [problem];
      const { kind, name } = problem.unless;
      if (kind === "database") return this.databases.has(name) ? [] : [problem];
      if (kind === "claim")
        return data.some(({ claim }) => claim && `${claim.namespace}/${claim.claim}` === name) ? [] : [problem];
      if (kind === "secret") return this.secrets.has(name) ? [] : [problem];
      const credential = credentials.find((one) => one.name === name);
      if (credential === undefined) return [problem];
      return credential.rotation > 1 && credential.recipe.startsWith("refused: ")
        ? [notRotated(problem, credential.recipe)]
        : [];
    });
    const names = credentials.map(({ name }) => name);
    const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(sharedCredential);
    const problems = [...unsolved, ...twice];
    if (problems.length > 0) throw new ExtensionError(problems, this.settings.stack);
  }

  /** The databases that backups cover, besides those of the settings. */
  backedUp(): { readonly databases: readonly string[]; readonly tables: Readonly<Record<string, readonly string[]>> } {
    const kept = [...this.databases].filter(([, backup]) => backup !== false);
    return {
      databases: kept.map(([name]) => name),
      tables: Object.fromEntries(kept.map(([name, backup]) => [name, backup === false ? [] : (backup?.tables ?? [])])),
    };
  }
}

/** One call of the program. */
export class Call {
  /** The call as messages name it. */
  readonly label: string;
  private readonly book: Book;

  constructor(book: Book, label: string) {
    this.book = book;
    this.label = label;
  }

  /** Takes an element of a list that the settings have too. @throws ExtensionError where a rule of the settings refuses it */
  takeFrom(kind: Listed, element: object, name: string): void {
    const other = twin(this.book, kind, element);
    if (other !== undefined) this.taken(kind, other, name);
    const list = lists[kind];
    this.take([...list, (valueAt(this.book.settings, list) as readonly unknown[]).length], element);
  }

  /** Takes something that the settings could have at a path. @throws ExtensionError where a rule of the settings refuses it */
  take(at: Path, element: object): void {
    const { errors, settings, warnings } = requested(this.book, at, element, this.label);
    if (errors.length > 0) this.fail(errors);
    this.book.warnings.push(...warnings);
    this.book.settings = settings;
    this.book.calls.set(configKey(at), this.label);
  }

  /** @throws ExtensionError: something has another owner */
  taken(what: string, owner: string, name: string): never {
    return this.refuse(
      `${owner} already has this ${what}`,
      name,
      `a ${what} that neither the settings nor another call has`,
      "remove one of the two, or change its name",
    );
  }

  /** @throws ExtensionError: the stack has no such component */
  missing(message: string, accepts: string, at: Path, value: string | boolean): never {
    return this.refuse(message, undefined, accepts, setCommand(at, value, this.book.settings.stack));
  }

  /** @throws ExtensionError */
  refuse(message: string, got: string | undefined, accepts: string, fix: string): never {
    return this.fail([
      { key: this.label, severity: "error", message, got: got === undefined ? undefined : shown(got), accepts, fix },
    ]);
  }

  private fail(problems: readonly Problem[]): never {
    const where = callSite(new Error().stack ?? "", import.meta.dirname.replace(/extension$/, ""), process.cwd());
    throw new ExtensionError(problems, this.book.settings.stack, where);
  }
}

function notRotated({ key, got, fix }: Problem, recipe: string): Problem {
  const message = `this secret cannot be rotated by a number: ${recipe.replace("refused: ", "")}`;
  return { key, severity: "error", message, got, accepts: "1", fix };
}

function sharedCredential(name: string): Problem {
  return {
    key: `new Credential(${JSON.stringify(name)})`,
    severity: "error",
    message: "the stack has two generated secrets of this name, which one rotation number would rotate",
    accepts: "a name that no other generated secret has",
    fix: "change the name in the specification of the credential",
  };
}
