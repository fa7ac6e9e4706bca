import { cloudRowNames, type RowName, rowNames } from './row.ts';

/** What `npm run bench` was asked for. */
export interface BenchArguments {
  isJson: boolean;
  isQuick: boolean;
  only: readonly RowName[];
}

/** @throws Error that says what is wrong with the arguments and what there is. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const local = rowNames.filter((name) => !cloudRowNames.includes(name));
  const parsed = { isJson: false, isQuick: false, only: local };
  for (let i = 0; i < args.length; i += 1) {
    const [name, value] = (args[i] ?? '').split('=', 2);
    if (name === '--json') parsed.isJson = true;
    else if (name === '--quick') parsed.isQuick = true;
    else if (name === '--cloud') parsed.only = [...cloudRowNames];
    else if (name === '--only') {
      parsed.only = rowsIn(value ?? args[i + 1] ?? '');
      if (value === undefined) i += 1;
    } else
      throw new Error(
        `${name} is no option of the benchmark; it knows --json --quick --cloud --only`,
      );
  }
  return parsed;
}

function rowsIn(list: string): RowName[] {
  const names = list.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !rowNames.some((row) => row === name));
  if (unknown !== undefined || names.length === 0) {
    throw new Error(
      `--only ${list || 'without a row'}: ${unknown ?? 'nothing'} is no row; there are ${rowNames.join(', ')}`,
    );
  }
  return rowNames.filter((row) => names.includes(row));
}
