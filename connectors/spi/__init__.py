"""The Standard Prosecution Interface, which police and courts speak to each other (police-spi, courts 1).

Three layers, outermost first: the SOAP submit (delivery), RouteData (routing), and the payload, which is a case file
(NewCaseMessage) or a result (ResultedCaseMessage). Rule: this package knows no agency; both agencies build on it.
"""

LIBRA = "http://www.dca.gov.uk/xmlschemas/libra"
BS7666 = "http://www.govtalk.gov.uk/people/bs7666"
ENDPOINT = "http://schemas.cjse.gov.uk/endpoint/types/"
OPERATIONS = "http://schemas.cjse.gov.uk/common/operations"
ENTITIES = "http://schemas.cjse.gov.uk/common/businessentities"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
DELIVER = "http://schemas.cjse.gov.uk/messages/deliver/2006-05"
MESSAGING = "http://schemas.cjse.gov.uk/messages/messaging/2006-05"
METADATA = "http://schemas.cjse.gov.uk/messages/metadata/2006-05"
FORMAT = "http://schemas.cjse.gov.uk/messages/format/2006-05"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
