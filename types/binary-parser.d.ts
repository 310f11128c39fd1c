// binary-parser 2.3.0 ships types that its `exports` map does not name (TS7016 under NodeNext).
declare module "binary-parser" {
  export * from "binary-parser/dist/binary_parser.js";
}
