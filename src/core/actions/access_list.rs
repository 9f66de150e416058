//! The access list of a file or folder on macOS, as `acl_to_text` writes it.

/// Rights of an entry that change nothing.
const NO_WRITING: [&str; 8] =
    ["read", "list", "search", "execute", "readattr", "readextattr", "readsecurity", "synchronize"];
/// Rights of an entry by which nobody reads a file, nor gives themselves the right to.
const NO_READING: [&str; 14] = [
    "write",
    "add_file",
    "search",
    "execute",
    "delete",
    "append",
    "add_subdirectory",
    "delete_child",
    "readattr",
    "writeattr",
    "readextattr",
    "writeextattr",
    "readsecurity",
    "synchronize",
];
/// Marks of an entry that are no rights: where it comes from, and what inherits it.
const MARKS: [&str; 5] = ["inherited", "file_inherit", "directory_inherit", "limit_inherit", "only_inherit"];

/// Whether an access list lets somebody other than the user `uid` and root change a file, or what is in a folder. The mode says
/// nothing of it. A list that cannot be read counts as one that does.
///
/// Sources: acl_to_text(3) and chmod(1) of macOS; Apple's Libc, `posix1e/acl_translate.c`: a line for each entry, of kind, UUID,
/// name, id, `allow` or `deny` with the marks, and the rights.
pub fn lets_others_write(list: &str, uid: u32) -> bool {
    gives_others_more(list, uid, &NO_WRITING)
}

/// Whether an access list lets somebody other than the user `uid` and root read a file. A list that cannot be read counts as one
/// that does.
pub fn lets_others_read(list: &str, uid: u32) -> bool {
    gives_others_more(list, uid, &NO_READING)
}

fn gives_others_more(list: &str, uid: u32, harmless: &[&str]) -> bool {
    let mut lines = list.lines();
    let is_known = lines.next().is_some_and(|line| line.starts_with("!#acl 1"));
    !is_known || lines.filter(|line| !line.trim().is_empty()).any(|entry| gives_other_more(entry, uid, harmless))
}

fn gives_other_more(entry: &str, uid: u32, harmless: &[&str]) -> bool {
    let fields: Vec<&str> = entry.trim().split(':').collect();
    let [kind, _uuid, _name, id, rule, rights] = fields[..] else {
        // An entry without rights gives none.
        return !matches!(fields[..], [_, _, _, _, _]);
    };
    let mut rule = rule.split(',');
    let (is_denied, has_known_marks) = (rule.next() == Some("deny"), rule.all(|mark| MARKS.contains(&mark)));
    let is_own = kind == "user" && id.parse().is_ok_and(|id: u32| id == uid || id == 0);
    let is_harmless = has_known_marks && rights.split(',').all(|right| harmless.contains(&right));
    !is_denied && !is_own && !is_harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entry: &str) -> String {
        format!("!#acl 1\n{entry}\n")
    }

    #[test]
    fn the_list_of_a_home_folder_is_harmless() {
        for entry in [
            "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:deny:delete",
            "user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F5:me:501:allow:read,write,append",
            "user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA00000000:root:0:allow:write",
            "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000014:staff:20:allow,inherited:list,search,readattr",
            "user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F6:you:502:allow",
        ] {
            assert!(!lets_others_write(&list(entry), 501), "{entry}");
        }
        assert!(!lets_others_write("!#acl 1\n", 501));
    }

    #[test]
    fn an_entry_that_lets_others_change_something_is_found() {
        for entry in [
            "user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F6:you:502:allow:read,write",
            "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:allow:add_file",
            "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:allow,only_inherit:write",
            "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000014:staff:501:allow:writesecurity",
            "user:12345678-1234-1234-1234-123456789012:::allow:chown",
            "user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F6:you:502:allow,of_a_new_kind:read",
            "nothing that is known",
        ] {
            assert!(lets_others_write(&list(entry), 501), "{entry}");
        }
        let second = "group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:deny:delete\nuser:A:you:502:allow:delete";
        assert!(lets_others_write(&list(second), 501));
        assert!(lets_others_write("!#acl 2\n", 501) && lets_others_write("", 501));
    }

    #[test]
    fn an_entry_that_lets_others_read_is_found() {
        for (entry, is_read) in [
            ("user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F6:you:502:allow:read", true),
            ("group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:allow:readattr,read", true),
            ("group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000014:staff:20:allow,inherited:writesecurity", true),
            ("user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F6:you:502:allow:of_a_new_kind", true),
            ("nothing that is known", true),
            ("user:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F5:me:501:allow:read", false),
            ("group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:deny:read", false),
            ("group:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:allow:readattr,write,append", false),
        ] {
            assert_eq!(lets_others_read(&list(entry), 501), is_read, "{entry}");
        }
        assert!(!lets_others_read("!#acl 1\n", 501) && lets_others_read("", 501));
    }
}
