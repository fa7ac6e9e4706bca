import packageFile from '../../package.json' with { type: 'json' };

/** Of Verdigris. Imported, not read, so that it is there in a bundle too. */
export const { version } = packageFile;
