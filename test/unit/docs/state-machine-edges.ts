import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

interface Target {
  Next?: string;
}

/** A state as far as its ways out are concerned. */
interface State extends Target {
  Type: string;
  Default?: string;
  Choices?: Target[];
  Catch?: Target[];
}

/** A state machine. */
export interface Definition {
  StartAt: string;
  States: Record<string, State>;
}

/** A shipped state machine, parsed. */
export function readMachine(machine: string): Definition {
  const file = path.join(import.meta.dirname, `../../../statemachines/${machine}.asl.yml`);
  return parse(readFileSync(file, 'utf8'), { merge: true });
}

/** Whether a state only belongs to the loop of a step: its question (`Is…`) or its Wait. */
export function isLoopPart(name: string, { States }: Definition): boolean {
  const tasks = Object.values(States).filter(({ Type }) => Type === 'Task');
  const questions = tasks.map(({ Next }) => Next);
  return (
    States[name]?.Type === 'Wait' || (States[name]?.Type === 'Choice' && questions.includes(name))
  );
}

/**
 * The ways between states as docs/state-machines.md draws them, `A --> B`, sorted. The loop of a step
 * is one box; the way back to itself is left out.
 */
export function drawnEdges(machine: Definition): string[] {
  const { StartAt, States } = machine;
  const follow = (name: string, from: string): string[] => {
    if (name === from) return [];
    if (!isLoopPart(name, machine)) return [name];
    return waysOut(States[name]).flatMap((next) => follow(next, from));
  };
  const boxes = Object.keys(States).filter(
    (name) => name === StartAt || !isLoopPart(name, machine),
  );
  const edges = boxes.flatMap((from) =>
    waysOut(States[from])
      .flatMap((next) => follow(next, from))
      .map((to) => `${from} --> ${to}`),
  );
  return [...new Set([`[*] --> ${StartAt}`, ...edges])].sort();
}

function waysOut({ Next, Default, Choices = [], Catch = [] }: State = { Type: '' }): string[] {
  const targets = [...Choices, ...Catch].map((target) => target.Next);
  return [...targets, Default, Next].filter((name) => name !== undefined);
}
