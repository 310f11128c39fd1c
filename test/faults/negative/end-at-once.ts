/** I17: SIGTERM ends the process where it stands. */
process.on("SIGTERM", () => process.exit(0));
