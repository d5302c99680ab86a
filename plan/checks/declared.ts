import type { Ledger } from "../../components/kit/ledger.ts";
import type { Plan } from "../plan.ts";

/** How many connections a consumer keeps to a database at most. */
export interface DeclaredPool {
  readonly consumer: string;
  /** The host of its binding: a pooler's Service, or the server's own. */
  readonly host: string;
  /** Connections of one pod at most. */
  readonly connections: number;
  /** Pods at most. */
  readonly replicas: number;
}

/** A finding that a component knows of and has to live with. */
export interface DeclaredAcceptance {
  /** The check's id. */
  readonly check: string;
  /** The object as findings name it; `*` at the end stands for any rest. */
  readonly object: string;
  readonly reason: string;
}

/** What components may say to checks in the ledger, beyond what it holds of every component. */
interface Declarations {
  readonly pools?: readonly DeclaredPool[];
  readonly accepted?: readonly DeclaredAcceptance[];
}

/** The pools that consumers declare. */
export function declaredPools(plan: Plan): readonly DeclaredPool[] {
  return (plan.ledger as Ledger & Declarations).pools ?? [];
}

/** The findings that components accept with a reason. */
export function declaredAcceptances(plan: Plan): readonly DeclaredAcceptance[] {
  return (plan.ledger as Ledger & Declarations).accepted ?? [];
}
