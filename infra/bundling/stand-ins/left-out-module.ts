// Stands in for modules that are imported at run time and never needed, see ../trimmed-libraries.ts.

throw new Error('This module is left out of the bundle');

export {};
