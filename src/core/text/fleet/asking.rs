//! Sentences about the server that `loadline fleet` asks: its address, and the problems of asking it.

sentences! {
    // These follow the address.
    no_scheme(given) = "is not a web address: write it as 'http://{given}' or 'https://{given}'";
    NO_WEB_ADDRESS = "is not a web address: it begins with http:// or https://, and the name of the server follows";
    HAS_USER = "holds a name or password, which is not sent: give --header 'Authorization: Basic ${NAME}' instead";
    in_address(problem) = "cannot be used: {problem}";
    bad_header(given) = "'--header {given}' is not a header: write it as 'NAME: VALUE'";
    not_a_prometheus(host) =
        "'{host}' does not answer as a Prometheus does: give the address of one, or of a VictoriaMetrics, such as \
         http://127.0.0.1:9090";
    redirected(host, target) = "'{host}' sends on to '{target}': give that address, if a Prometheus is there";
    wants_token(host, status) =
        "'{host}' wants to know whose query it is ({status}): give --header 'Authorization: Bearer ${{NAME}}', with the \
         token in the environment variable NAME";
    refused(host, problem) = "'{host}' refuses the query: {problem}";
    partial(server) =
        "'{server}' has answered without some of its storage: machines may be missing, or silent here alone";
    no_machines(server) =
        "'{server}' knows no machine that runs Loadline: see 'loadline help fleet' for how it collects from them";
}
