// The files of the admin page: which paths they have, that they are whole, and that nothing in them can act from
// outside.
import Testing

@testable import LolaCore

@Suite("Files of the admin page")
struct AdminPageTests {
    private static func text(_ page: AdminPage) -> String { page.response.body.text }

    @Test("three files, each under its path, all under the policy of pages")
    func files() throws {
        for (path, type) in [
            ("/admin", "text/html; charset=utf-8"), ("/admin/", "text/html; charset=utf-8"),
            ("/admin/app.js", "text/javascript; charset=utf-8"), ("/admin/app.css", "text/css; charset=utf-8"),
        ] {
            let page = try #require(AdminPage(Array(path.utf8)[...]))
            #expect(page.response.status == 200 && "\(page.response.contentType ?? "")" == type)
            #expect(page.response.policy == .page && !page.response.body.isEmpty)
        }
        for path in ["/admin/x", "/admin/api", "/Admin", "/admin/app.js/", "/admin/../admin"] {
            #expect(AdminPage(Array(path.utf8)[...]) == nil)
        }
    }

    @Test("nothing inline, nothing of a third party, and no way for text to become markup")
    func inert() {
        let html = Self.text(.document)
        for word in [" style=", "<style", " onclick=", " onload=", "http:", "https:", "javascript:"] {
            let rest = html.replacing("http://www.w3.org/2000/svg", with: "").replacing("xmlns='", with: "")
            #expect(!rest.contains(word), "\(word)")
        }
        #expect(html.components(of: "<script") == 1 && html.contains(#"<script src="/admin/app.js" defer></script>"#))
        let script = Self.text(.script)
        for word in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage",
            "sessionStorage", "document.cookie", "http:", "https:", "console.",
        ] {
            #expect(!script.contains(word), "\(word)")
        }
        #expect(!Self.text(.style).contains("url(") && !Self.text(.style).contains("@import"))
    }

    @Test("the test ids of the contract are there")
    func testIDs() {
        let html = Self.text(.document)
        #expect(html.contains(#"data-testid="admin-token""#) && html.contains(#"data-testid="admin-login""#))
    }
}
