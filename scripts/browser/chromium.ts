import { existsSync, globSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { messageOf } from '../../lib/release/errors.ts';
import { outputDirectory } from '../bench/output.ts';
import { hasApt, installPackages, unpackPackages } from '../debian-packages.ts';
import { findProgram, isExecutable } from '../executable.ts';

/** A Chromium that can be started, and the environment that it needs. */
export interface Browser {
  path: string;
  env: NodeJS.ProcessEnv;
}

/** This machine has no Chromium and can't get one. The message is one line. */
export class BrowserMissingError extends Error {
  override name = 'BrowserMissingError';
}

/** Says where one is that is not on PATH. */
const variable = 'VERDIGRIS_CHROMIUM';
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** The second has the letters: without any, every page is empty boxes. */
const packages = ['chromium', 'fonts-dejavu-core'];
const unpacked = path.join(outputDirectory, 'chromium');
const fontsFile = path.join(unpacked, 'fonts.conf');

/**
 * Finds a Chromium: the one that VERDIGRIS_CHROMIUM names, one on PATH, or the one that was unpacked
 * into `.verdigris-bench/chromium`; null where there is none.
 * @throws BrowserMissingError when the variable names none.
 */
export function findBrowser(): Browser | null {
  const named = process.env[variable];
  if (named) {
    if (isExecutable(named)) return { path: named, env: process.env };
    throw new BrowserMissingError(`${variable} is ${named}, which cannot be started`);
  }
  const onPath = findProgram(names);
  if (onPath) return { path: onPath, env: process.env };
  return existsSync(unpacked) ? fromPackages() : null;
}

/**
 * Finds a Chromium, or else gets that of Debian: installed where we are root, else unpacked into a folder
 * of the checkout, once.
 * @throws BrowserMissingError where that is not possible.
 */
export function prepareBrowser(): Browser {
  const found = findBrowser();
  if (found) return found;
  const need = 'the console is tested in Chromium';
  if (!hasApt()) {
    throw new BrowserMissingError(
      `${need}; install it, or say in ${variable} where it is (there is no apt-get here)`,
    );
  }
  console.error('Fetching Chromium (once, about a minute) …');
  try {
    if (process.getuid?.() === 0) installPackages(packages);
    else unpack();
  } catch (error) {
    throw new BrowserMissingError(`${need}: ${messageOf(error)}`);
  }
  const browser = findBrowser();
  if (!browser) throw new BrowserMissingError(`${need}, and Debian's package brought none`);
  return browser;
}

/** Why this machine cannot show the console to anybody, or null. Gets a Chromium where it can. */
export function whyNoBrowser(): string | null {
  try {
    prepareBrowser();
    return null;
  } catch (error) {
    if (error instanceof BrowserMissingError) return error.message;
    throw error;
  }
}

/** Letters may lie on both sides: in the folder, and where the system has some. */
function unpack(): void {
  unpackPackages(packages, unpacked);
  const folders = ['/usr/share/fonts', path.join(unpacked, 'usr/share/fonts')];
  const dirs = folders.map((folder) => `<dir>${folder}</dir>`).join('');
  writeFileSync(
    fontsFile,
    `<?xml version="1.0"?><fontconfig>${dirs}<cachedir>${unpacked}/font-cache</cachedir></fontconfig>`,
  );
}

/** The program itself: Debian's script around it looks for things where they were not unpacked. */
function fromPackages(): Browser {
  const libraries = globSync(path.join(unpacked, 'usr/lib/*-linux-*'));
  const searched = [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    path: path.join(unpacked, 'usr/lib/chromium/chromium'),
    env: { ...process.env, LD_LIBRARY_PATH: searched, FONTCONFIG_FILE: fontsFile },
  };
}
