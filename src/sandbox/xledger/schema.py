"""The part of Xledger's GraphQL schema that is simulated. A field, argument or filter that is not here is an error, as it is there.

Names of types, scalars and inputs are the vendor's where published code or templates show them (`ARTransaction_Filter`, `DateTimeString`,
`Int64String`, `OwnerSet`, `AddGLImportItemsInput`); the others follow the same pattern.
"""

from __future__ import annotations

from graphql import GraphQLSchema, build_schema

SCALARS = "scalar Int64String scalar DateString scalar DateTimeString scalar MoneyString scalar Comparable"
PARTS = """
enum OwnerSet { CURRENT LOWER }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! }
type Ref { dbId: Int64String }
type Coded { dbId: Int64String code: String }
type Named { dbId: Int64String name: String }
type CompanyRef { dbId: Int64String companyNumber: String }
type Country { dbId: Int64String code: String description: String }
type Address { dbId: Int64String streetAddress: String zipCode: String place: String country: Country }
type TransactionHeader { dbId: Int64String transactionNumber: String postedDate: DateString transactionSource: Coded }
"""
#: connection -> its type and the fields of a row
ROWS = {
    "entities": (
        "Entity",
        "code: String description: String toDate: DateString modifiedAt: DateTimeString company: CompanyRef currency: Ref parent: Coded",
    ),
    "currencies": ("Currency", "code: String description: String"),
    "customers": (
        "Customer",
        "code: String description: String email: String phone: String fromDate: DateString toDate: DateString modifiedAt: DateTimeString"
        " company: CompanyRef address: Address collection: Ref",
    ),
    "suppliers": ("Supplier", "code: String description: String email: String modifiedAt: DateTimeString company: CompanyRef"),
    "arTransactions": (
        "ARTransaction",
        "invoiceNumber: String text: String amount: MoneyString invoiceAmount: MoneyString invoiceRemaining: MoneyString"
        " invoiceDate: DateString dueDate: DateString paymentDate: DateString reminderDate: DateString lateFee: MoneyString"
        " interest: MoneyString paymentReference: String extIdentifier: String matchId: Int64String subledgerDbId: Int64String"
        " headerModifiedAt: DateTimeString exchangeRate: String account: Ref currency: Ref slTransactionType: Named"
        " transactionHeader: TransactionHeader",
    ),
    "apTransactions": (
        "APTransaction",
        "invoiceNumber: String amount: MoneyString invoiceAmount: MoneyString invoiceRemaining: MoneyString invoiceDate: DateString"
        " dueDate: DateString subledgerDbId: Int64String account: Ref currency: Ref",
    ),
    "transactions": (
        "Transaction",
        "text: String amount: MoneyString invoiceAmount: MoneyString accountDbId: Int64String bankAccount: Ref currency: Ref"
        " header: TransactionHeader",
    ),
    "entityBankAccounts": (
        "EntityBankAccount",
        "code: String description: String accountNumber: String fromDate: DateString toDate: DateString modifiedAt: DateTimeString"
        " account: Ref currency: Ref",
    ),
    "glImportItems": (
        "GLImportItem",
        "trRegNumber: Int invoiceNumber: String text: String amount: MoneyString invoiceAmount: MoneyString postedDate: DateString"
        " createdAt: DateTimeString modifiedAt: DateTimeString paymentReference: String extIdentifier: String",
    ),
    "glImportItemErrors": (
        "GLImportItemError", "transactionDbId: Int64String message: String createdAt: DateTimeString errorLevel: ErrorLevel",
    ),
    "arTransaction_deltas": ("ARTransaction_Delta", "mutationType: MutationType"),
}  # fmt: skip
INPUTS = """
enum MutationType { ADDED UPDATED DELETED }
type ErrorLevel { dbId: Int64String code: String name: String }
input RefInput { dbId: Int64String code: String description: String }
input AddGLImportItemsInputNode {
  trRegNumber: Int postedDate: DateString invoiceDate: DateString dueDate: DateString transactionSource: RefInput account: RefInput
  subledger: RefInput currency: RefInput owner: RefInput jobLevel: RefInput taxRule: RefInput amount: MoneyString
  invoiceAmount: MoneyString exchangeRate: Float invoiceNumber: String paymentReference: String text: String extIdentifier: String
}
input AddGLImportItemsInput { clientId: String node: AddGLImportItemsInputNode! }
type GLImportItemsAddedEdge { clientId: String node: GLImportItem }
type GLImportItemsAdded { edges: [GLImportItemsAddedEdge!]! }
type Mutation { addGLImportItems(inputs: [AddGLImportItemsInput!]!): GLImportItemsAdded }
"""
#: what every filter may ask, beside its row's own fields
SUFFIXES = ("", "_in", "_gt", "_gte", "_lt", "_lte")
UNOWNED = frozenset({"currencies", "arTransaction_deltas"})


def xledger_schema() -> GraphQLSchema:
    connections = " ".join(_connection(root, name, fields) for root, (name, fields) in ROWS.items())
    return build_schema(f"{SCALARS} {PARTS} {INPUTS} {connections} type Query {{ {' '.join(map(_root, ROWS))} }}")


def _connection(root: str, name: str, fields: str) -> str:
    own = f"dbId: Int64String {fields}" + ("" if root in UNOWNED else " ownerDbId: Int64String")
    plain = [part.split(":")[0] for part in own.replace(": ", ":").split() if part.split(":")[1] in _COMPARED]
    asked = " ".join(f"{field}{suffix}: {'[Comparable!]' if suffix == '_in' else 'Comparable'}" for field in plain for suffix in SUFFIXES)
    return (
        f"type {name} {{ {own} }} type {name}_Edge {{ cursor: String node: {name} syncVersion: String }}"
        f" type {name}_Connection {{ pageInfo: PageInfo! edges: [{name}_Edge!]! }}"
        f" input {name}_Filter {{ {asked} AND: [{name}_Filter!] OR: [{name}_Filter!] }}"
    )


def _root(root: str) -> str:
    name = ROWS[root][0]
    owner = "" if root == "currencies" else " ownerSet: OwnerSet"
    return f"{root}(first: Int after: String last: Int before: String{owner} filter: {name}_Filter): {name}_Connection"


_COMPARED = frozenset({"Int64String", "String", "MoneyString", "DateString", "DateTimeString", "Int"})
