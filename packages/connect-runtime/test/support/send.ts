export { sendExactly as send, type ExactAnswer as Answer } from "@millrace/services";
